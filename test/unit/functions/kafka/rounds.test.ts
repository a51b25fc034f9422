import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { ANSWER_MS } from '../../../../functions/deadline.ts';
import { SEND_DEADLINE_MS } from '../../../../functions/email/ses.ts';
import { OrderlyError } from '../../../../functions/errors.ts';
import { consume } from '../../../../functions/kafka/consume.ts';
import type { Effect } from '../../../../functions/kafka/effect.ts';
import type { BatchEvent } from '../../../../functions/kafka/fold.ts';
import { AccountRefusal, DONE, DUPLICATE, type Outcome, retry } from '../../../../functions/kafka/outcome.ts';
import { LETTERS_MS, RESERVE_MS, ROUNDS } from '../../../../functions/kafka/patience.ts';
import { MARK_MS } from '../../../../functions/ledger/act-once.ts';
import { consumer, LAMBDA_CONTEXT, recordedConsumer } from '../../../support/consumer.ts';
import { kafkaEvent, kafkaEventOf, lambdaRecord } from '../../../support/kafka-event.ts';
import { anOrder, placedEvent } from '../../../support/orders.ts';

const TIMEOUT_MS = LAMBDA_CONTEXT.getRemainingTimeInMillis();
const orders = (count: number) => Array.from({ length: count }, (_, n) => placedEvent(anOrder(`order-${n}`)));

/** A consumer with an effect that answers as told, and what it was asked for, round by round. */
function answering(answer: (event: BatchEvent, round: number) => Outcome) {
  const rounds: number[][] = [];
  const names = new Set<string>();
  const effect: Effect = async (batch, { id }) => {
    names.add(id);
    const events = batch.flatMap(({ events }) => events);
    rounds.push(events.flatMap(({ copies }) => copies.map(({ offset }) => offset)));
    return new Map(events.map((event) => [event, answer(event, rounds.length)]));
  };
  return { ...consumer((ports) => consume(effect, ports)), rounds, names };
}

describe('what can’t be done now', () => {
  it('is tried again alone, each time under another name, until it is done', async () => {
    const { deliver, rounds, names, counts } = answering(({ copies }, round) =>
      copies[0].offset === 1 && round < 4 ? retry('BUSY') : DONE,
    );
    expect(await deliver(...orders(3))).toEqual([]);
    expect(rounds).toEqual([[0, 1, 2], [1], [1], [1]]);
    expect(counts()).toMatchObject({ done: 3, retry: 0, rounds: 4 });
    expect(names.size).toBe(4);
  });

  it('is delivered again when the time is up, and only that', async () => {
    const { deliver, waits } = answering(({ copies }) => (copies[0].offset === 1 ? retry('BUSY') : DONE));
    expect(await deliver(...orders(3))).toEqual([1]);
    const waited = waits.reduce((sum, ms) => sum + ms, 0);
    expect(waited).toBeLessThan(TIMEOUT_MS - RESERVE_MS);
    expect(waited).toBeGreaterThanOrEqual(TIMEOUT_MS - RESERVE_MS - ROUNDS.capMs);
  });

  it('waits with full jitter, longer each time', async () => {
    const { deliver, waits, ports } = answering(() => retry('BUSY'));
    const randoms = [0, 1, 0.5, 1];
    ports.waiting.random = () => randoms.shift() ?? 1;
    await deliver(...orders(1));
    expect(waits.slice(0, 5)).toEqual([0, 400, 400, 1_600, 3_200]);
    expect(Math.max(...waits)).toBe(ROUNDS.capMs);
  });

  it('keeps what a copy of it ended as in an earlier round', async () => {
    const [a, b] = orders(2);
    if (a === undefined || b === undefined) throw new Error('two orders');
    const { deliver, counts } = answering(({ copies }, round) =>
      copies[0].offset === 0 ? DONE : round === 1 ? retry('BUSY') : DUPLICATE,
    );
    expect(await deliver(a, b, a)).toEqual([]);
    expect(counts()).toMatchObject({ done: 1, duplicate: 2, rounds: 2 });
  });

  it('does not hold up the letters of what is permanent for ever: they are written at the end of the rounds', async () => {
    const { handle, letters, counts } = answering((_event, round) => (round === 1 ? retry('BUSY') : DONE));
    const { records } = kafkaEventOf(orders(1));
    const poison = { topic: 'orders', partition: 0, offset: 9, timestamp: 1, value: btoa('{') };
    expect(await handle({ records: { 'orders-0': [...(records['orders-0'] ?? []), poison] } })).toEqual([]);
    expect(letters).toMatchObject([{ reason: 'unparseable', record: { offset: 9 } }]);
    expect(counts()).toMatchObject({ done: 1, deadLetter: 1, rounds: 2 });
  });

  it('is waited for only where something is to be tried again', async () => {
    const { handle, waits, letters } = answering(() => DONE);
    const poison = { topic: 'orders', partition: 0, offset: 9, timestamp: 1, value: btoa('{') };
    expect(await handle({ records: { 'orders-0': [poison] } })).toEqual([]);
    expect([waits, letters.length]).toEqual([[], 1]);
  });
});

describe('an effect that throws', () => {
  const throwing = (error: unknown) => consumer((ports) => consume(() => Promise.reject(error), ports));

  it('what it did not expect, where nothing gets through, is taken for a bad deploy: waited out, then delivered again', async () => {
    const { deliver, letters, waits, lines, measured } = throwing(new TypeError('x is not a function'));
    expect(await deliver(...orders(20))).toHaveLength(20);
    expect(letters).toEqual([]);
    expect(waits.length).toBeGreaterThan(5);
    expect(lines).toContainEqual({
      message: 'records to be delivered again',
      fields: { code: 'BAD_DEPLOY/TypeError', retry: 20 },
    });
    expect(measured).toContainEqual({
      measures: { Effects: 0, Duplicates: 0, Skipped: 0, Retries: 20, Withheld: 20 },
      reason: undefined,
    });
  });

  it.each([1, 19])('so it is in a batch of %i', async (count) => {
    const { deliver, letters } = throwing(new TypeError('x is not a function'));
    expect(await deliver(...orders(count))).toHaveLength(count);
    expect(letters).toEqual([]);
  });

  it('is kept for as long again as it has waited, and for a short while at first', async () => {
    const { handle, waits, clock } = throwing(new TypeError('x is not a function'));
    const [order] = orders(1);
    if (order === undefined) throw new Error('an order');
    const keptFor = async (age: number) => {
      waits.length = 0;
      await handle(kafkaEvent([{ ...lambdaRecord(order, 1), timestamp: clock.now - age }]));
      return waits.reduce((sum, ms) => sum + ms, 0);
    };
    const near = (ms: number) => expect.toSatisfy((kept) => kept <= ms && kept > ms - ROUNDS.capMs);
    expect(await keptFor(0)).toEqual(near(15_000));
    expect(await keptFor(40_000)).toEqual(near(40_000));
    expect(await keptFor(3_600_000)).toEqual(near(TIMEOUT_MS - RESERVE_MS));
    expect(await keptFor(-1_000)).toEqual(near(TIMEOUT_MS - RESERVE_MS));
  });

  it('in a replay, accuses the records however many they are', async () => {
    const { handle, letters } = throwing(new TypeError('x is not a function'));
    expect(await handle({ ...kafkaEventOf(orders(40)), replay: { runId: 'run-1' } })).toEqual([]);
    expect(letters).toHaveLength(40);
  });

  it('one that is the world’s, for its account’s sake, is waited out like any outage', async () => {
    const { deliver, letters, waits, measured } = throwing(new AccountRefusal('SENDING_PAUSED', undefined));
    expect(await deliver(...orders(2))).toHaveLength(2);
    expect(letters).toEqual([]);
    expect(waits.reduce((sum, ms) => sum + ms, 0)).toBeGreaterThan(TIMEOUT_MS - RESERVE_MS - ROUNDS.capMs);
    expect(measured).toMatchObject([{ measures: { Withheld: 2 } }]);
  });

  it('what is transient, is waited out whatever the number', async () => {
    const { deliver, letters, waits } = throwing(new OrderlyError('BUSY', 'busy', { retriable: true }));
    expect(await deliver(...orders(1))).toHaveLength(1);
    expect(letters).toEqual([]);
    expect(waits.length).toBeGreaterThan(10);
  });
});

describe('what has begun at the end of an invocation', () => {
  /** Time passes only where somebody sleeps, several at once too; signals abort in it. */
  function passingTime() {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const end = Date.now() + TIMEOUT_MS;
    const recorded = recordedConsumer({
      now: Date.now,
      waiting: {
        random: () => 1,
        sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
        timeout(ms) {
          const controller = new AbortController();
          setTimeout(() => controller.abort(), ms);
          return controller.signal;
        },
      },
    });
    const context = { ...LAMBDA_CONTEXT, getRemainingTimeInMillis: () => end - Date.now() };
    return { ...recorded, context, end };
  }
  const poison = (count: number) => ({
    records: {
      'orders-0': Array.from({ length: count }, (_, offset) => ({
        topic: 'orders',
        partition: 0,
        offset,
        timestamp: 1,
        value: btoa('{'),
      })),
    },
  });

  it('ends before it does: what has no letter by then is delivered again', async () => {
    const { ports, letters, context, end } = passingTime();
    const slowly: typeof ports.writeDeadLetter = async (letter) => {
      await ports.waiting.sleep(15_000);
      letters.push(letter);
    };
    const handler = consume(async () => new Map(), { ...ports, writeDeadLetter: slowly });
    const answered = handler(poison(100), context).then(({ batchItemFailures }) => ({
      again: batchItemFailures.length,
      letters: letters.length,
      leftMs: end - Date.now(),
    }));
    await vi.advanceTimersByTimeAsync(TIMEOUT_MS);
    expect(await answered).toEqual({ again: 30, letters: 70, leftMs: ANSWER_MS });
  });

  it('leaves time for letters: an effect is told in time to end', async () => {
    const { ports, letters, context, end } = passingTime();
    const answeredAt: number[] = [];
    const effect: Effect = (batch, { signal }) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () =>
          resolve(new Map(batch.flatMap(({ events }) => events.map((event) => [event, retry('ENDED')])))),
        );
      });
    const { records } = kafkaEventOf(orders(1));
    const [bad] = poison(1).records['orders-0'];
    const answer = consume(effect, ports)(
      { records: { 'orders-0': [...(records['orders-0'] ?? []), { ...bad, offset: 9 }] } },
      context,
    ).then(({ batchItemFailures }) => {
      answeredAt.push(end - Date.now());
      return batchItemFailures.map(({ itemIdentifier }) => itemIdentifier.offset);
    });
    await vi.advanceTimersByTimeAsync(TIMEOUT_MS);
    expect(await answer).toEqual([0]);
    expect(letters).toHaveLength(1);
    expect(answeredAt).toEqual([LETTERS_MS + ANSWER_MS]);
  });

  it('has its reserve: a mail under way, its mark, the letters and the answer', () => {
    expect(SEND_DEADLINE_MS + MARK_MS + LETTERS_MS + ANSWER_MS).toBeLessThanOrEqual(RESERVE_MS);
  });
});
