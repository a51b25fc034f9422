import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { backPressure, isFull } from '../../../../../local/event-sources/kafka/back-pressure.ts';

const MIB = 1024 * 1024;

test.each([
  [{ count: 10_000, bytes: MIB - 1 }, false],
  [{ count: 200, bytes: MIB }, true],
  [{ count: 199, bytes: MIB }, false],
  [{ count: 199, bytes: 8 * MIB }, true],
])('with batches of 100, %j is full: %s', (queued, full) => {
  expect(isFull(queued, 100)).toBe(full);
});

describe('after a fetch', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** Three partitions, filled to a share of the mark. */
  function partitions(...shares: number[]) {
    const reading = new Set(shares.keys());
    const queues = shares.map((share) => ({ count: 200 * share, bytes: MIB * share }));
    const watchers = new Set<() => void>();
    const calls: string[] = [];
    const heartbeat = vi.fn(async () => {});
    const room = backPressure({
      batchSize: 100,
      queued: (partition) => queues[partition] ?? { count: 0, bytes: 0 },
      reading: () => reading,
      until: (holds, timeoutMs) =>
        new Promise((resolve) => {
          const watch = () => {
            if (holds()) resolve();
          };
          watchers.add(watch);
          if (timeoutMs !== undefined) setTimeout(resolve, timeoutMs);
          watch();
        }),
      pause: (partition) => calls.push(`pause ${partition}`),
      resume: (partition) => calls.push(`resume ${partition}`),
    });
    let mayFetch = false;
    return {
      calls,
      heartbeat,
      lose: (partition: number) => reading.delete(partition),
      async fill(partition: number, share: number) {
        queues[partition] = { count: 200 * share, bytes: MIB * share };
        for (const watch of watchers) watch();
        await vi.advanceTimersByTimeAsync(0);
      },
      async queued(partition: number) {
        mayFetch = false;
        void room(partition, heartbeat).then(() => {
          mayFetch = true;
        });
        await vi.advanceTimersByTimeAsync(0);
      },
      mayFetch: () => mayFetch,
    };
  }

  test('the next fetch begins at once while there is room', async () => {
    const { queued, mayFetch, calls } = partitions(0.9, 0, 0);
    await queued(0);
    expect(mayFetch()).toBe(true);
    expect(calls).toEqual([]);
  });

  test('a full partition that makes room soon is not paused', async () => {
    const { queued, fill, mayFetch, calls } = partitions(1, 0, 0);
    await queued(0);
    expect(mayFetch()).toBe(false);
    await fill(0, 0.9);
    expect(mayFetch()).toBe(true);
    expect(calls).toEqual([]);
  });

  test('one that gets shorter all the time is waited for, however long that takes', async () => {
    const { queued, fill, mayFetch, calls } = partitions(2, 0, 0);
    await queued(0);
    for (const share of [1.8, 1.6, 1.4, 1.2, 1]) {
      await vi.advanceTimersByTimeAsync(39);
      await fill(0, share);
      expect(mayFetch()).toBe(false);
    }
    await fill(0, 0.9);
    expect(mayFetch()).toBe(true);
    expect(calls).toEqual([]);
  });

  test('the last one that can be fetched is not paused: it is waited for, or for another one', async () => {
    const { queued, fill, mayFetch, calls } = partitions(1, 1, 0);
    await queued(0);
    await vi.advanceTimersByTimeAsync(40);
    await queued(1);
    await vi.advanceTimersByTimeAsync(40);
    expect(calls).toEqual(['pause 0', 'pause 1']);
    await fill(2, 1);
    await fill(0, 0.7);
    await fill(1, 0.7);
    await queued(2);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(mayFetch()).toBe(false);
    await fill(0, 0.4);
    expect(mayFetch()).toBe(true);
    expect(calls).toEqual(['pause 0', 'pause 1', 'resume 0', 'pause 2']);
  });

  test('one that stays full is paused, the others go on, and it is resumed when it is half empty', async () => {
    const { queued, fill, mayFetch, calls } = partitions(1, 0, 1);
    await queued(0);
    await vi.advanceTimersByTimeAsync(40);
    expect(mayFetch()).toBe(true);
    await fill(0, 0.5);
    expect(calls).toEqual(['pause 0']);
    await fill(0, 0.49);
    expect(calls).toEqual(['pause 0', 'resume 0']);
  });

  test('while all are full nothing is fetched, and the member stays alive', async () => {
    const { queued, fill, mayFetch, heartbeat, calls } = partitions(1, 1, 1);
    await queued(0);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(mayFetch()).toBe(false);
    expect(heartbeat.mock.calls.length).toBeGreaterThan(20);
    await fill(2, 0.4);
    expect(mayFetch()).toBe(true);
    expect(calls).toEqual(['pause 0']);
  });

  test('a partition that is lost is waited for no longer', async () => {
    const { queued, fill, lose, mayFetch } = partitions(1, 1, 1);
    await queued(0);
    await vi.advanceTimersByTimeAsync(100);
    lose(0);
    await fill(0, 0);
    expect(mayFetch()).toBe(true);
  });
});
