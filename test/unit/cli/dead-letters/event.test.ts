import fc from 'fast-check';
import { expect, it } from 'vitest';
import { replayEvent } from '../../../../cli/dead-letters/event.ts';
import type { RunId } from '../../../../cli/dead-letters/run-id.ts';
import { decodeKafkaEvent } from '../../../../functions/kafka/decode.ts';
import { aLetter } from '../../../support/stored-letters.ts';

const arn = 'arn:aws:kafka:us-east-1:000000000000:cluster/demo/1';
const runId = 'run' as RunId;

it('is the event that Lambda delivered, with one record and the run', () => {
  const letter = aLetter({
    partition: 2,
    headers: [
      { name: 'a', value: Uint8Array.of(1, 200) },
      { name: 'a', value: Uint8Array.of() },
      { name: 'b', value: undefined },
    ],
  });
  expect(replayEvent(letter, arn, runId)).toEqual({
    eventSource: 'aws:kafka',
    eventSourceArn: arn,
    replay: { runId },
    records: {
      'orders-2': [
        {
          topic: 'orders',
          partition: 2,
          offset: 41,
          timestamp: letter.timestamp,
          timestampType: 'CREATE_TIME',
          key: 'a2V5',
          value: 'eyJhIjoxfQ==',
          headers: [{ a: [1, -56] }, { a: [] }, { b: null }],
        },
      ],
    },
  });
});

it('brings every byte to the consumer', () => {
  const bytes = fc.uint8Array({ maxLength: 300 });
  const header = fc.record({
    name: fc.string().filter((name) => name !== '__proto__'),
    value: fc.option(bytes, { nil: undefined }),
  });
  const record = fc.record({
    partition: fc.nat(),
    offset: fc.nat(),
    key: fc.option(bytes, { nil: undefined }),
    value: fc.option(bytes, { nil: undefined }),
    headers: fc.array(header, { maxLength: 5 }),
  });
  fc.assert(
    fc.property(record, (parts) => {
      const letter = aLetter(parts);
      const [found, ...others] = decodeKafkaEvent(
        JSON.parse(JSON.stringify(replayEvent(letter, arn, runId))),
      );
      expect(others).toEqual([]);
      expect(found).toMatchObject({
        topicPartition: `orders-${letter.partition}`,
        topic: 'orders',
        partition: letter.partition,
        offset: letter.offset,
        timestamp: letter.timestamp,
      });
      const plain = (some: Uint8Array | null | undefined) => (some == null ? null : [...some]);
      expect([plain(found?.key), plain(found?.value)]).toEqual([plain(letter.key), plain(letter.value)]);
      expect(found?.headers.map(([name, value]) => [name, plain(value)])).toEqual(
        letter.headers.map(({ name, value }) => [name, plain(value)]),
      );
    }),
  );
});
