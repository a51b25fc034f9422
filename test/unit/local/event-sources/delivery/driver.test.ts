import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type DeliveryPorts, startDelivery } from '../../../../../local/event-sources/delivery/driver.ts';
import type { Batch, DeliveryRules } from '../../../../../local/event-sources/delivery/state.ts';
import type { Verdict } from '../../../../../local/event-sources/delivery/verdict.ts';
import { RETRY_FOREVER } from './schedule.ts';

interface Numbered {
  readonly bytes: number;
  readonly timestamp: number;
  readonly n: number;
}
const numbers = (...list: number[]): Numbered[] => list.map((n) => ({ n, bytes: 1, timestamp: 0 }));

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function start(
  deliver: DeliveryPorts<Numbered>['deliver'],
  rules: Partial<DeliveryRules> = {},
  giveUp: DeliveryPorts<Numbered>['giveUp'] = async () => {},
) {
  const commits: number[] = [];
  const lost: number[] = [];
  const delivery = startDelivery<Numbered>(
    {
      batchSize: 2,
      windowMs: 0,
      maxBytes: 1_000,
      sliceBytes: 0,
      maxInFlight: 5,
      backOffMs: () => 100,
      ...RETRY_FOREVER,
      ...rules,
    },
    {
      clock: Date.now,
      deliver,
      giveUp,
      commit: ({ last }) => commits.push(last.n),
      ended: () => {},
      lost: (givenUp) => lost.push(...givenUp.slices.flatMap(({ records }) => records.map(({ n }) => n))),
    },
  );
  delivery.assigned(0, ['p'], true);
  return { delivery, commits, lost };
}

test('sends a lone record when its window is over', async () => {
  const deliver = vi.fn(async (): Promise<Verdict> => ({ kind: 'handled' }));
  const { delivery } = start(deliver, { windowMs: 500 });
  delivery.fetched(0, 'p', numbers(1));
  await vi.advanceTimersByTimeAsync(499);
  expect(deliver).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  expect(deliver).toHaveBeenCalledOnce();
});

test('a delivery that rejects is a failed one: the batch comes again', async () => {
  const sent: number[][] = [];
  const { delivery, commits } = start(async (batch: Batch<Numbered>) => {
    sent.push(batch.slices.flatMap((slice) => slice.records.map((record) => record.n)));
    if (sent.length === 1) throw new Error('the host is stopping');
    return { kind: 'handled' };
  });
  delivery.fetched(0, 'p', numbers(1, 2));
  await vi.advanceTimersByTimeAsync(100);
  expect(sent).toEqual([
    [1, 2],
    [1, 2],
  ]);
  expect(commits).toEqual([2]);
});

test('until resolves when the condition comes true, or at its deadline', async () => {
  const { delivery } = start(() => new Promise(() => {}));
  const isEmpty = () => delivery.queued('p').count === 0;
  delivery.fetched(0, 'p', numbers(1, 2, 3));
  const resolved: string[] = [];
  void delivery.until(isEmpty).then(() => resolved.push('empty'));
  void delivery.until(isEmpty, 50).then(() => resolved.push('deadline'));
  await vi.advanceTimersByTimeAsync(50);
  expect(resolved).toEqual(['deadline']);
  delivery.assigned(0, [], true);
  await vi.advanceTimersByTimeAsync(0);
  expect(resolved).toEqual(['deadline', 'empty']);
});

test('stop waits for what is in flight, but not longer than its bound, and leaves no timer', async () => {
  const { delivery } = start(() => new Promise(() => {}));
  delivery.fetched(0, 'p', numbers(1));
  let stopped = false;
  void delivery.stop(1_000).then(() => {
    stopped = true;
  });
  await vi.advanceTimersByTimeAsync(999);
  expect(stopped).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  expect(stopped).toBe(true);
  expect(vi.getTimerCount()).toBe(0);
});

test('a partition goes on, and is committed, when its give-up has come to an end; stop waits for that', async () => {
  const written = Promise.withResolvers<void>();
  const { delivery, commits } = start(
    async () => ({ kind: 'failed', cause: 'function-error', requestId: 'r' }),
    { maximumRetryAttempts: 0 },
    () => written.promise,
  );
  delivery.fetched(0, 'p', numbers(1, 2));
  await vi.advanceTimersByTimeAsync(1_000);
  expect(delivery.isDone('p')).toBe(false);
  expect(commits).toEqual([]);
  let stopped = false;
  const stopping = delivery.stop(60_000).then(() => {
    stopped = true;
  });
  await vi.advanceTimersByTimeAsync(1_000);
  expect(stopped).toBe(false);
  written.resolve();
  await stopping;
  expect(delivery.isDone('p')).toBe(true);
  expect(commits).toEqual([2]);
});

test('records whose give-up fails are lost, and said to be; the partition goes on, and nothing ends the process', async () => {
  const { delivery, commits, lost } = start(
    async () => ({ kind: 'failed', cause: 'function-error', requestId: 'r' }),
    { maximumRetryAttempts: 0 },
    async () => {
      throw new RangeError('Invalid time value');
    },
  );
  delivery.fetched(0, 'p', numbers(1, 2));
  await vi.advanceTimersByTimeAsync(1_000);
  expect([lost, commits, delivery.isDone('p')]).toEqual([[1, 2], [2], true]);
});

test('a give-up hears when its partition is lost', async () => {
  let isOwned = () => true;
  const { delivery } = start(
    async () => ({ kind: 'failed', cause: 'function-error', requestId: 'r' }),
    { maximumRetryAttempts: 0 },
    (_records, owned) => {
      isOwned = owned;
      return new Promise(() => {});
    },
  );
  delivery.fetched(0, 'p', numbers(1));
  await vi.advanceTimersByTimeAsync(0);
  expect(isOwned()).toBe(true);
  delivery.assigned(0, [], true);
  expect(isOwned()).toBe(false);
});
