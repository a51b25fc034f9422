import { describe, expect, it } from 'vitest';
import { OrderlyError } from '../../../../functions/errors.ts';
import { consume } from '../../../../functions/kafka/consume.ts';
import { type EventEffect, onceEach } from '../../../../functions/kafka/once-each.ts';
import type { OrderEvent } from '../../../../functions/orders/events.ts';
import { consumer, type LedgerFate, recordedConsumer, simulatedLedger } from '../../../support/consumer.ts';
import { anOrder, cancelledEvent, placedEvent } from '../../../support/orders.ts';

const order = anOrder('once-each');
const [P, C] = [placedEvent(order), cancelledEvent(order)];

type CancelledEffect = EventEffect<Extract<OrderEvent, { type: 'OrderCancelled' }>>;

/** A consumer that refunds what is cancelled, and a batch of both events, the cancellation twice. */
function refunds(act: CancelledEffect['act'], fate?: LedgerFate) {
  const recorded = recordedConsumer();
  const { ledger, rows } = simulatedLedger(recorded.ports, fate);
  const key = ({ data }: { data: { orderId: string } }) => `refund/${data.orderId}`;
  const effect = onceEach(
    'OrderCancelled',
    { keyOf: key, act, deadlineMs: 1_000, inFlight: 1 },
    { ...recorded.ports, ledger },
  );
  const { deliver, ...given } = consumer((ports) => consume(effect, ports), recorded);
  return { ...given, rows, deliver: () => deliver(P, C, C) };
}

describe('onceEach', () => {
  it('makes the effect of events of its type, under the consumer’s name, and skips all others', async () => {
    const acted: OrderEvent[] = [];
    const { deliver, counts, rows } = refunds(async (event) => {
      acted.push(event);
      return undefined;
    });
    expect(await deliver()).toEqual([]);
    expect(acted).toMatchObject([{ eventId: C.eventId }]);
    expect(counts()).toMatchObject({ done: 1, duplicate: 1, skipped: 1 });
    expect(rows()).toEqual(new Map([[`test-service#refund/${order.orderId}`, { status: 'SENT' }]]));
  });

  it('says in the log what it made and could not mark, and calls it done', async () => {
    const { deliver, counts, lines } = refunds(
      async () => undefined,
      ({ name }) => (name === 'BatchWriteItem' ? 'throttled' : undefined),
    );
    expect(await deliver()).toEqual([]);
    expect(counts()).toMatchObject({ done: 1 });
    expect(lines[0]).toEqual({
      message: 'effect made but not marked',
      fields: { eventId: C.eventId, code: 'ProvisionedThroughputExceededException' },
    });
  });

  it('takes an exception that nobody expected for the code’s, until others get through', async () => {
    const { deliver, letters, counts } = refunds(() => Promise.reject(new RangeError('secret')));
    expect(await deliver()).toHaveLength(2);
    expect(letters).toEqual([]);
    expect(counts()).toMatchObject({ skipped: 1, retry: 2 });
  });

  it('tries again what passes, with what it had claimed before', async () => {
    let down = true;
    const { deliver, counts } = refunds(async () => {
      if (!down) return undefined;
      down = false;
      throw new OrderlyError('GATEWAY_DOWN', 'down', { retriable: true });
    });
    expect(await deliver()).toEqual([]);
    expect(counts()).toMatchObject({ done: 1, duplicate: 1, rounds: 2 });
  });
});
