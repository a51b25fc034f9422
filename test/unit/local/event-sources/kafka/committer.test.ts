import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { committer } from '../../../../../local/event-sources/kafka/committer.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A broker that answers each commit when the test says so. */
function broker() {
  const requests: { offsets: Record<number, number>; answer(error?: Error): Promise<unknown> }[] = [];
  const commits = committer(
    (offsets) =>
      new Promise((resolve, reject) => {
        requests.push({
          offsets: Object.fromEntries(offsets),
          answer(error) {
            if (error === undefined) resolve();
            else reject(error);
            return vi.advanceTimersByTimeAsync(0);
          },
        });
      }),
  );
  return { commits, requests, sent: () => requests.map((request) => request.offsets) };
}
const refused = new Error('The group is rebalancing');

test('what comes up while a commit is on its way, and shortly after it, goes with the next one', async () => {
  const { commits, requests, sent } = broker();
  commits.offer(0, 1);
  commits.offer(0, 2);
  commits.offer(1, 7);
  commits.offer(0, 3);
  expect(sent()).toEqual([{ 0: 1 }]);
  await requests[0]?.answer();
  await vi.advanceTimersByTimeAsync(19);
  commits.offer(2, 5);
  expect(sent()).toEqual([{ 0: 1 }]);
  await vi.advanceTimersByTimeAsync(1);
  expect(sent()).toEqual([{ 0: 1 }, { 0: 3, 1: 7, 2: 5 }]);
});

test('what the broker refuses is offered again, in its newest version', async () => {
  const { commits, requests, sent } = broker();
  commits.offer(0, 1);
  commits.offer(1, 4);
  await requests[0]?.answer();
  await vi.advanceTimersByTimeAsync(20);
  commits.offer(0, 2);
  await requests[1]?.answer(refused);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(sent()).toEqual([{ 0: 1 }, { 1: 4 }, { 0: 2, 1: 4 }]);
});

test('a partition that is lost is not committed again, not even when its commit was on its way', async () => {
  const { commits, requests, sent } = broker();
  commits.offer(0, 1);
  commits.offer(1, 1);
  commits.drop([0, 1]);
  await requests[0]?.answer(refused);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(sent()).toEqual([{ 0: 1 }]);
  await commits.idle();
});

test('idle resolves once everything is committed, and nothing pauses meanwhile', async () => {
  const { commits, requests, sent } = broker();
  commits.offer(0, 1);
  commits.offer(0, 2);
  let idle = false;
  void commits.idle().then(() => {
    idle = true;
  });
  await requests[0]?.answer();
  expect(idle).toBe(false);
  await requests[1]?.answer();
  expect(idle).toBe(true);
  commits.offer(0, 3);
  expect(sent()).toEqual([{ 0: 1 }, { 0: 2 }, { 0: 3 }]);
});

test('closed, it gives up, waits for nothing and sets no timer', async () => {
  const { commits, requests, sent } = broker();
  commits.offer(0, 1);
  await requests[0]?.answer(refused);
  commits.close();
  await commits.idle();
  commits.offer(0, 2);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(sent()).toEqual([{ 0: 1 }]);
  expect(vi.getTimerCount()).toBe(0);
});
