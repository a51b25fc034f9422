import { expect } from 'vitest';
import { AS_DOCUMENTED, type Emulation } from '../../../local/event-sources/kafka/emulation.ts';
import type { KafkaSourcePorts } from '../../../local/event-sources/kafka/source.ts';
import type { KafkaMappingModel } from '../../../local/resources/kafka-mapping.ts';
import { eventually } from '../../integration/local/event-sources/fake-function.ts';
import {
  type KafkaEvent,
  offsetsOf,
  recordsOf,
  running,
  runningWithDestination,
  text,
} from '../../integration/local/event-sources/kafka/running.ts';
import { functionError, success } from '../../support/invocation-results.ts';
import { type Chapter, PAGES } from '../rule.ts';

const isPoisoned = (event: KafkaEvent) => recordsOf([event]).some((record) => text(record) === 'poison');
const refusePoison = (event: KafkaEvent) => (isPoisoned(event) ? functionError() : success());
/** Takes all of the waiting between attempts away. */
const WITHOUT_WAITING = { random: () => -1 };
const HOUR_MS = 3_600_000;

/** A mapping with an on-failure topic, without waiting. */
async function withDestination(changes: Partial<KafkaMappingModel>, emulation: Partial<Emulation> = {}) {
  const plain = await runningWithDestination(1, changes);
  const ports = { ...WITHOUT_WAITING, emulation: { ...AS_DOCUMENTED, ...emulation } };
  return {
    ...plain,
    start: (more: Partial<KafkaSourcePorts> = {}) => plain.start({}, { ...ports, ...more }),
  };
}

export const givingUp: Chapter = {
  title: 'Retries, bisecting and giving up (provisioned mode)',
  rules: [
    {
      id: 'R1',
      says: '`MaximumRetryAttempts` does not count the first attempt: 2 means three invocations at most.',
      basis: 'documented',
      source: PAGES.retry,
      async test() {
        const { start, send, fn, committed } = await running(1, { maximumRetryAttempts: 2 });
        fn.answer = functionError;
        await send(0, 'poison');
        await start({}, WITHOUT_WAITING);
        await eventually(async () => expect(await committed()).toEqual([1]));
        expect(fn.events).toHaveLength(3);
      },
    },
    {
      id: 'R2',
      says: 'A record whose retries are used up is given up; its partition goes on behind it.',
      basis: 'documented',
      source: PAGES.retry,
      here: 'without a destination it is dropped, counted and said in a line',
      async test() {
        const { start, send, fn, committed, mapping } = await running(1, {
          batchSize: 1,
          maximumRetryAttempts: 0,
        });
        fn.answer = refusePoison;
        await send(0, 'fine', 'poison', 'fine');
        const lines: string[] = [];
        const source = await start({}, { log: (line) => lines.push(line) });
        await eventually(async () => expect(await committed()).toEqual([3]));
        expect(offsetsOf(fn.events, 0)).toEqual([0, 1, 2]);
        expect(await source.status()).toMatchObject({ delivered: 2, deadLettered: 0, dropped: 1 });
        expect(lines).toContainEqual(expect.stringContaining(`${mapping.topic}-0@1) given up`));
      },
    },
    {
      id: 'R3',
      says: 'Infinite retries with an on-failure destination are ten.',
      basis: 'documented',
      source: PAGES.retry,
      async test() {
        const { start, send, fn, committed, letters } = await withDestination({
          maximumRetryAttempts: 'infinite',
        });
        fn.answer = functionError;
        await send(0, 'poison');
        await start();
        await eventually(async () => expect(await committed()).toEqual([1]));
        expect(fn.events).toHaveLength(11);
        expect(await letters()).toMatchObject([
          { envelope: { requestContext: { approximateInvokeCount: 11 } } },
        ]);
      },
    },
    {
      id: 'R4',
      says: 'An invocation that is throttled uses up no retry.',
      basis: 'documented',
      source: PAGES.eventSourceMapping,
      async test() {
        const { start, send, fn, committed } = await running(1, { maximumRetryAttempts: 0 });
        fn.answer = () => (fn.events.length < 4 ? { kind: 'throttled' } : success());
        await send(0, 'a');
        const source = await start({}, WITHOUT_WAITING);
        await eventually(async () => expect(await committed()).toEqual([1]));
        expect(await source.status()).toMatchObject({ delivered: 1, dropped: 0 });
      },
    },
    {
      id: 'R5',
      says: '`BisectBatchOnFunctionError` finds a record that fails its batch by halves; its neighbours are handled.',
      basis: 'documented',
      source: PAGES.retry,
      async test() {
        const { start, send, fn, committed } = await running(1, {
          windowMs: 300,
          bisect: true,
          maximumRetryAttempts: 0,
        });
        fn.answer = refusePoison;
        await send(0, 'a', 'b', 'poison', 'c', 'd', 'e', 'f', 'g');
        const source = await start({}, WITHOUT_WAITING);
        await eventually(async () => expect(await committed()).toEqual([8]));
        expect(await source.status()).toMatchObject({ delivered: 7, dropped: 1 });
      },
    },
    {
      id: 'R6',
      says: 'A split uses up no retry.',
      basis: 'inferred',
      source: 'so it is for Kinesis; for Kafka no page says',
      async test() {
        const { start, send, fn, committed } = await running(1, {
          windowMs: 300,
          bisect: true,
          maximumRetryAttempts: 1,
        });
        fn.answer = refusePoison;
        await send(0, 'a', 'poison');
        await start({}, WITHOUT_WAITING);
        await eventually(async () => expect(await committed()).toEqual([2]));
        const alone = fn.events
          .map((event) => offsetsOf([event], 0))
          .filter((offsets) => offsets.join() === '1');
        expect(alone).toHaveLength(2);
      },
    },
    {
      id: 'R7',
      says: 'A record older than `MaximumRecordAgeInSeconds` is given up.',
      basis: 'documented',
      source: PAGES.retry,
      here: 'by the record’s own timestamp, before each attempt',
      async test() {
        const { start, send, fn, committed, letters } = await withDestination({
          maximumRecordAgeMs: HOUR_MS,
        });
        await send(0, { value: 'old', timestamp: String(Date.now() - 2 * HOUR_MS) }, 'new');
        const source = await start();
        await eventually(async () => expect(await committed()).toEqual([2]));
        expect(offsetsOf(fn.events, 0)).toEqual([1]);
        expect(await source.status()).toMatchObject({ delivered: 1, deadLettered: 1, dropped: 0 });
        expect(await letters()).toMatchObject([
          {
            envelope: {
              requestContext: { condition: 'RecordAgeExceeded', approximateInvokeCount: 0 },
              responseContext: null,
            },
          },
        ]);
      },
    },
    {
      id: 'R8',
      says: 'Only the records that a partial batch response names come again.',
      basis: 'documented',
      source: PAGES.retry,
      here: 'committed is never more than up to the first of them; `"emulation": {"partialResponse": "checkpoint"}` in millrace.json brings everything behind it too',
      async test() {
        for (const [partialResponse, again] of [
          ['selective', [1]],
          ['checkpoint', [1, 2]],
        ] as const) {
          const { start, send, fn, committed, mapping } = await running(1, { windowMs: 300 });
          fn.answer = () =>
            fn.events.length > 1
              ? success()
              : success({
                  batchItemFailures: [{ itemIdentifier: { partition: `${mapping.topic}-0`, offset: 1 } }],
                });
          await send(0, 'a', 'b', 'c');
          await start({}, { ...WITHOUT_WAITING, emulation: { ...AS_DOCUMENTED, partialResponse } });
          await eventually(async () => expect(await committed()).toEqual([3]));
          expect(fn.events.map((event) => offsetsOf([event], 0))).toEqual([[0, 1, 2], again]);
        }
      },
    },
    {
      id: 'R9',
      says: 'A `kafka://` destination gets a record for each one given up: under its key, with the event and what happened.',
      basis: 'documented',
      source: PAGES.kafkaDestination,
      async test() {
        const { start, send, fn, committed, letters, mapping } = await withDestination({
          batchSize: 1,
          maximumRetryAttempts: 1,
        });
        fn.answer = functionError;
        await send(0, { key: 'ord_1', value: 'poison' });
        const source = await start();
        await eventually(async () => expect(await committed()).toEqual([1]));
        expect(await source.status()).toMatchObject({ delivered: 0, deadLettered: 1, dropped: 0 });
        expect(await letters()).toMatchObject([
          {
            key: 'ord_1',
            envelope: {
              requestContext: {
                functionArn: `${mapping.functionArn}:$LATEST`,
                condition: 'RetriesExhausted',
                approximateInvokeCount: 2,
              },
              responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
              version: '1.0',
              KafkaBatchInfo: {
                batchSize: 1,
                eventSourceArn: mapping.clusterArn,
                recordInfo: { offset: '0' },
              },
              payload: fn.events[0],
            },
          },
        ]);
      },
    },
    {
      id: 'R10',
      says: 'Records given up together may be one dead letter, under a key of Lambda’s own.',
      basis: 'seen',
      source: 'a deployed test of a public TypeScript library',
      here: 'with `"emulation": {"deadLetters": "per-group"}` in millrace.json',
      async test() {
        const { start, send, fn, committed, letters, mapping } = await withDestination(
          { windowMs: 300, maximumRetryAttempts: 0 },
          { deadLetters: 'per-group' },
        );
        fn.answer = functionError;
        await send(0, { key: 'mine', value: 'a' }, { key: 'mine', value: 'b' });
        await start({ newId: () => 'own' });
        await eventually(async () => expect(await committed()).toEqual([2]));
        expect(await letters()).toMatchObject([
          {
            key: 'own',
            envelope: {
              requestContext: { condition: 'RetryAttemptsExhausted' },
              KafkaBatchInfo: {
                batchSize: 2,
                recordsInfo: { [`${mapping.topic}-0`]: { firstRecordOffset: '0', lastRecordOffset: '1' } },
              },
              payload: fn.events[0],
            },
          },
        ]);
      },
    },
    {
      id: 'R11',
      says: 'A redelivered event may have nothing but `records`.',
      basis: 'seen',
      source: 'a deployed test of a public TypeScript library',
      here: 'with `"emulation": {"redelivery": "records-only"}` in millrace.json; all fields otherwise',
      async test() {
        const { start, send, fn, committed } = await running(1);
        const answers = [{ kind: 'throttled' } as const, functionError(), success()];
        fn.answer = () => answers[fn.events.length - 1] ?? success();
        await send(0, 'a');
        await start({}, { ...WITHOUT_WAITING, emulation: { ...AS_DOCUMENTED, redelivery: 'records-only' } });
        await eventually(async () => expect(await committed()).toEqual([1]));
        const [throttled, first, again] = fn.events;
        expect(Object.keys(first ?? {}).sort()).toEqual([
          'bootstrapServers',
          'eventSource',
          'eventSourceArn',
          'records',
        ]);
        // What was throttled never reached the function, so it is no redelivery.
        expect(first).toEqual(throttled);
        expect(again).toEqual({ records: first?.records });
      },
    },
  ],
};
