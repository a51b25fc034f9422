import { describe, expect, it } from 'vitest';
import { OrderlyError } from '../../../../functions/errors.ts';
import { type Effect, runEffect } from '../../../../functions/kafka/effect.ts';
import type { OrderEvents } from '../../../../functions/kafka/fold.ts';
import { DONE } from '../../../../functions/kafka/outcome.ts';
import { anOrder, orderPlaced } from '../../../support/orders.ts';

function placed(key: string): OrderEvents {
  const order = anOrder(key);
  const record = {
    topicPartition: 'o-0',
    topic: 'o',
    partition: 0,
    offset: 0,
    timestamp: 0,
    key: null,
    value: null,
  };
  return {
    orderId: order.orderId,
    events: [{ event: orderPlaced(order), copies: [{ ...record, headers: [] }] }],
  };
}

const orders = ['a', 'b', 'c'].map(placed);
const invocation = {
  id: 'invocation-1',
  isOver: () => false,
  signal: new AbortController().signal,
};
const done: Effect = async (given) =>
  new Map(given.flatMap(({ events }) => events.map((event) => [event, DONE] as const)));
const kinds = async (effect: Effect, given = orders) =>
  [...(await runEffect(effect, given, invocation)).values()].map((outcome) => outcome.kind);

describe('runEffect', () => {
  it('calls the effect once for the whole batch', async () => {
    const calls: number[] = [];
    await runEffect(
      async (given) => {
        calls.push(given.length);
        return done(given, invocation);
      },
      orders,
      invocation,
    );
    expect(calls).toEqual([3]);
  });

  it('calls nothing for an empty batch', async () => {
    const effect = () => Promise.reject(new Error('called'));
    expect(await runEffect(effect, [], invocation)).toEqual(new Map());
  });

  it('holds only the order responsible that throws when it is alone', async () => {
    const poison = orders[1];
    const effect: Effect = async (given) => {
      if (poison !== undefined && given.includes(poison)) throw new TypeError('poison');
      return done(given, invocation);
    };
    expect(await kinds(effect)).toEqual(['done', 'dead-letter', 'done']);
  });

  it('names the exception and its place, never its message', async () => {
    const effect: Effect = () => Promise.reject(new TypeError('anna@example.com'));
    const [outcome] = (await runEffect(effect, orders.slice(0, 1), invocation)).values();
    expect(outcome).toMatchObject({
      kind: 'dead-letter',
      reason: 'unexpected',
      error: { code: 'TypeError' },
    });
    expect(JSON.stringify(outcome)).not.toContain('anna');
  });

  it('delivers everything again after a transient error of the batch, without trying one by one', async () => {
    let calls = 0;
    const effect: Effect = () => {
      calls++;
      return Promise.reject(new OrderlyError('BUSY', 'busy', { retriable: true }));
    };
    expect(await kinds(effect)).toEqual(['retry', 'retry', 'retry']);
    expect(calls).toBe(1);
  });

  it('tries no further order alone when the time is up', async () => {
    let calls = 0;
    const effect: Effect = () => {
      calls++;
      return Promise.reject(new TypeError('poison'));
    };
    const outcomes = await runEffect(effect, orders, { ...invocation, isOver: () => calls > 0 });
    expect([...outcomes.values()]).toEqual(orders.map(() => ({ kind: 'retry', code: 'OUT_OF_TIME' })));
    expect(calls).toBe(1);
  });

  it('never takes an event for done that the effect did not answer for', async () => {
    expect(await kinds(async () => new Map())).toEqual(['dead-letter', 'dead-letter', 'dead-letter']);
  });
});
