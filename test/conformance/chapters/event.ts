import { expect } from 'vitest';
import { eventually } from '../../integration/local/event-sources/fake-function.ts';
import { recordsOf, running } from '../../integration/local/event-sources/kafka/running.ts';
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
  ],
};
