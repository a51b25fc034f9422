import { expect } from 'vitest';
import type { InvocationResult } from '../../../local/lambda/invocation.ts';
import { eventually, functionError, success } from '../../integration/local/event-sources/fake-function.ts';
import {
  type KafkaEvent,
  offsetsOf,
  recordsOf,
  running,
} from '../../integration/local/event-sources/kafka/running.ts';
import { type Chapter, PAGES } from '../rule.ts';

/** Answers the first delivery with `first` and all later ones with success. */
function onceThenSuccess(first: (event: KafkaEvent) => InvocationResult) {
  let answered = false;
  return (event: KafkaEvent): InvocationResult => {
    if (answered) return success();
    answered = true;
    return first(event);
  };
}

/** Five records in one batch, answered once by `response`: the offsets of every delivery, one list a batch. */
async function deliveriesAfter(
  response: (topic: string) => unknown,
  partialResponses = true,
): Promise<readonly number[][]> {
  const { start, send, fn, committed, mapping } = await running(1, { windowMs: 300, partialResponses });
  fn.answer = onceThenSuccess(() => success(response(mapping.topic)));
  await send(0, 'a', 'b', 'c', 'd', 'e');
  await start();
  await eventually(async () => expect(await committed()).toEqual([5]));
  return fn.events.map((event) => offsetsOf([event], 0));
}

const failures = (...identifiers: unknown[]) => ({
  batchItemFailures: identifiers.map((itemIdentifier) => ({ itemIdentifier })),
});
const ALL = [0, 1, 2, 3, 4];

export const failuresChapter: Chapter = {
  title: 'Failures and partial batch responses',
  rules: [
    {
      id: 'F1',
      says: 'After a function error the whole batch comes again.',
      basis: 'documented',
      source: PAGES.mskConfigure,
      async test() {
        const { start, send, fn, committed } = await running(1, { windowMs: 300 });
        fn.answer = onceThenSuccess(functionError);
        await send(0, 'a', 'b');
        await start();
        await eventually(async () => expect(await committed()).toEqual([2]));
        expect(fn.events.map((event) => offsetsOf([event], 0))).toEqual([
          [0, 1],
          [0, 1],
        ]);
      },
    },
    {
      id: 'F2',
      says: 'A batch that keeps failing holds its partitions, and no others.',
      basis: 'documented',
      source: PAGES.troubleshoot,
      async test() {
        const { start, send, fn, committed } = await running(2);
        fn.answer = (event) => (offsetsOf([event], 0).length > 0 ? functionError() : success());
        await start();
        await send(0, 'poison');
        await eventually(() => expect(fn.events.length).toBeGreaterThan(1));
        await send(1, 'a');
        await send(1, 'b');
        await eventually(async () => expect(await committed()).toEqual([-1, 2]));
      },
    },
    {
      id: 'F3',
      says: 'An invocation that is throttled has not reached the function; the batch comes again.',
      basis: 'documented',
      source: PAGES.eventSourceMapping,
      async test() {
        const { start, send, fn, committed } = await running(1);
        fn.answer = onceThenSuccess(() => ({ kind: 'throttled' }));
        await send(0, 'a');
        await start();
        await eventually(async () => expect(await committed()).toEqual([1]));
        expect(recordsOf(fn.events)).toHaveLength(2);
      },
    },
    {
      id: 'F4',
      says: 'Without `ReportBatchItemFailures` the return value is not looked at.',
      basis: 'modelled',
      source: PAGES.createMapping,
      async test() {
        const deliveries = await deliveriesAfter(
          (topic) => failures({ partition: `${topic}-0`, offset: 2 }),
          false,
        );
        expect(deliveries).toEqual([ALL]);
      },
    },
    {
      id: 'F5',
      says: 'An empty or null response is a success, and so is an empty list of failures.',
      basis: 'documented',
      source: PAGES.retry,
      async test() {
        for (const response of [null, {}, { batchItemFailures: [] }, { batchItemFailures: null }]) {
          expect(await deliveriesAfter(() => response)).toEqual([ALL]);
        }
      },
    },
    {
      id: 'F6',
      says: 'A partition or an offset that was not in the event fails the whole batch.',
      basis: 'documented',
      source: PAGES.retry,
      async test() {
        expect(await deliveriesAfter(() => failures({ partition: 'elsewhere-0', offset: 2 }))).toEqual([
          ALL,
          ALL,
        ]);
        expect(await deliveriesAfter((topic) => failures({ partition: `${topic}-0`, offset: 99 }))).toEqual([
          ALL,
          ALL,
        ]);
      },
    },
    {
      id: 'F7',
      says: 'An identifier that is no object of partition and offset fails the whole batch.',
      basis: 'inferred',
      source: 'Kinesis does so with identifiers it does not know; for Kafka no page says',
      async test() {
        const malformed = [
          (topic: string) => failures(`${topic}-0-2`),
          () => failures(null),
          (topic: string) => failures({ partition: `${topic}-0` }),
          (topic: string) => failures({ partition: `${topic}-0`, offset: '2' }),
          () => ({ batchItemFailures: [{}] }),
          () => ({ batchItemFailures: 'orders-0' }),
        ];
        for (const response of malformed) expect(await deliveriesAfter(response)).toEqual([ALL, ALL]);
      },
    },
  ],
};
