import kafkajs from 'kafkajs';
import { expect } from 'vitest';
import { eventually } from '../../integration/local/event-sources/fake-function.ts';
import { recordsOf, running, text } from '../../integration/local/event-sources/kafka/running.ts';
import { adminOf } from '../../support/topics.ts';
import { type Chapter, PAGES } from '../rule.ts';

type Sent = Parameters<Awaited<ReturnType<typeof running>>['send']>[1];

/** Sends one message and gives the record that the function got. */
async function delivered(message: Sent): Promise<Record<string, unknown>> {
  const { start, send, fn } = await running(1);
  await send(0, message);
  await start();
  await eventually(() => expect(fn.events).toHaveLength(1));
  return { ...recordsOf(fn.events)[0] };
}

export const event: Chapter = {
  title: 'The event',
  rules: [
    {
      id: 'E1',
      says: 'The event names `aws:kafka`, the cluster’s ARN and the brokers, and has the records by `<topic>-<partition>`.',
      basis: 'documented',
      source: PAGES.withMsk,
      async test() {
        const { start, send, fn, mapping } = await running(1);
        await send(0, 'a');
        await start();
        await eventually(() => expect(fn.events).toHaveLength(1));
        expect(fn.events[0]).toEqual({
          eventSource: 'aws:kafka',
          eventSourceArn: mapping.clusterArn,
          bootstrapServers: expect.stringMatching(/:\d+/),
          records: { [`${mapping.topic}-0`]: [expect.anything()] },
        });
      },
    },
    {
      id: 'E2',
      says: 'A record has topic, partition, offset, timestamp in milliseconds and its type; key and value are base64.',
      basis: 'documented',
      source: PAGES.withMsk,
      async test() {
        const record = await delivered({ key: 'k', value: 'v', timestamp: '1790000000000' });
        expect(record).toMatchObject({
          partition: 0,
          offset: 0,
          timestamp: 1_790_000_000_000,
          timestampType: 'CREATE_TIME',
          key: 'aw==',
          value: 'dg==',
          headers: [],
        });
      },
    },
    {
      id: 'E3',
      says: 'Header values are arrays of signed bytes.',
      basis: 'seen',
      source: PAGES.signedHeaders,
      async test() {
        expect(await delivered({ value: 'v', headers: { name: 'ë' } })).toMatchObject({
          headers: [{ name: [-61, -85] }],
        });
      },
    },
    {
      id: 'E4',
      says: 'A header name that repeats is there as often.',
      basis: 'inferred',
      source: 'the form of the headers allows it; no page says',
      here: 'together at the place of its first: the Kafka client merges them',
      async test() {
        expect(await delivered({ value: 'v', headers: { name: ['a', 'b'] } })).toMatchObject({
          headers: [{ name: [97] }, { name: [98] }],
        });
      },
    },
    {
      id: 'E5',
      says: 'A record without a key has no `key`.',
      basis: 'modelled',
      source: 'the types of the package @aws-lambda-powertools/kafka',
      async test() {
        expect(await delivered({ value: 'v' })).not.toHaveProperty('key');
      },
    },
    {
      id: 'E6',
      says: 'The value of a tombstone is `null`.',
      basis: 'seen',
      source: PAGES.tombstones,
      here: '`null`; an absent `value` has been seen too',
      async test() {
        expect(await delivered({ key: 'k', value: null })).toMatchObject({ value: null });
      },
    },
    {
      id: 'E7',
      says: 'On a topic whose broker sets the time (`LogAppendTime`) the timestamp is the broker’s, and its type `LOG_APPEND_TIME`.',
      basis: 'modelled',
      source: 'the types of the package @aws-lambda-powertools/kafka',
      async test() {
        const { start, send, fn, kafka, mapping } = await running(1);
        const configEntries = [{ name: 'message.timestamp.type', value: 'LogAppendTime' }];
        const resource = { type: kafkajs.ConfigResourceTypes.TOPIC, name: mapping.topic, configEntries };
        await (await adminOf(kafka)).alterConfigs({ validateOnly: false, resources: [resource] });
        const before = Date.now();
        await send(0, { value: 'v', timestamp: '1790000000000' });
        await start();
        await eventually(() => expect(fn.events).toHaveLength(1));
        const [record] = recordsOf(fn.events).map((found) => ({ timestamp: Number.NaN, ...found }));
        expect(record).toMatchObject({ timestampType: 'LOG_APPEND_TIME' });
        expect(record?.timestamp).toBeGreaterThanOrEqual(before - 1_000);
      },
    },
    {
      id: 'E8',
      says: 'Records are read whatever codec their batch was compressed with.',
      basis: 'inferred',
      source: 'a client of Kafka has to; no page says',
      here: 'what can’t be read is named and stops its own partition; `orderly mapping rewind --pass-over` passes it',
      async test() {
        const { start, send, fn, kafka, mapping } = await running(1);
        const admin = await adminOf(kafka);
        const codecs = ['gzip', 'snappy', 'lz4', 'zstd'];
        for (const value of codecs) {
          const configEntries = [{ name: 'compression.type', value }];
          const resource = { type: kafkajs.ConfigResourceTypes.TOPIC, name: mapping.topic, configEntries };
          await admin.alterConfigs({ validateOnly: false, resources: [resource] });
          await send(0, value);
        }
        await start();
        await eventually(() => expect(recordsOf(fn.events).map(text)).toEqual(codecs));
      },
    },
  ],
};
