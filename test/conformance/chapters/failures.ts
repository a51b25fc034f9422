import { expect } from 'vitest';
import type { InvocationResult } from '../../../local/lambda/invocation.ts';
import { eventually } from '../../integration/local/event-sources/fake-function.ts';
import {
  type KafkaEvent,
  offsetsOf,
  recordsOf,
  running,
} from '../../integration/local/event-sources/kafka/running.ts';
import { functionError, success } from '../../support/invocation-results.ts';
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

/** Each on a topic of its own, all at the same time. */
const each = <T>(cases: readonly T[], check: (one: T) => Promise<void>) => Promise.all(cases.map(check));

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
        const [first, second, ...others] = fn.events;
        expect(offsetsOf(fn.events, 0)).toEqual([0, 1, 0, 1]);
        expect(second).toEqual(first);
        expect(others).toEqual([]);
      },
    },
    {
      id: 'F2',
      says: 'A batch that keeps failing holds its partitions, and no others.',
      basis: 'documented',
      source: PAGES.troubleshoot,
      async test() {
        const { start, send, fn, committed } = await running(2, { batchSize: 1 });
        let isCured = false;
        fn.answer = (event) => (offsetsOf([event], 0).includes(1) && !isCured ? functionError() : success());
        const source = await start();
        await send(0, 'fine', 'poison', 'behind');
        await eventually(() => expect(fn.events.length).toBeGreaterThan(2));
        await send(1, 'a');
        await send(1, 'b');
        await eventually(async () => expect(await committed()).toEqual([1, 2]));
        expect(offsetsOf(fn.events, 0)).not.toContain(2);
        expect((await source.status()).partitions[0]).toMatchObject({ committed: 1, end: 3, lag: 2 });
        isCured = true;
        await eventually(async () => expect(await committed()).toEqual([3, 2]));
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
        await each([null, {}, { batchItemFailures: [] }, { batchItemFailures: null }], async (response) => {
          expect(await deliveriesAfter(() => response)).toEqual([ALL]);
        });
      },
    },
    {
      id: 'F6',
      says: 'A partition or an offset that was not in the event fails the whole batch.',
      basis: 'documented',
      source: PAGES.retry,
      async test() {
        const unknown = [
          () => failures({ partition: 'elsewhere-0', offset: 2 }),
          (topic: string) => failures({ partition: `${topic}-0`, offset: 99 }),
        ];
        await each(unknown, async (response) => expect(await deliveriesAfter(response)).toEqual([ALL, ALL]));
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
        await each(malformed, async (response) =>
          expect(await deliveriesAfter(response)).toEqual([ALL, ALL]),
        );
      },
    },
  ],
};
