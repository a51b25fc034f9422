import { describe, expect, it } from 'vitest';
import { StatementError } from '../../../../functions/dynamodb.ts';
import { OrderlyError } from '../../../../functions/errors.ts';
import { consume } from '../../../../functions/kafka/consume.ts';
import { type EventEffect, onceEach } from '../../../../functions/kafka/once-each.ts';
import type { LedgerRow } from '../../../../functions/ledger/ledger.ts';
import type { OrderEvent } from '../../../../functions/orders/events.ts';
import { LAMBDA_CONTEXT, recordedConsumer } from '../../../support/consumer.ts';
import { inMemoryLedger } from '../../../support/in-memory-ledger.ts';
import { kafkaEventOf } from '../../../support/kafka-event.ts';
import { anOrder, cancelledEvent, placedEvent } from '../../../support/orders.ts';

const order = anOrder('once-each');
const [P, C] = [placedEvent(order), cancelledEvent(order)];

type CancelledEffect = EventEffect<Extract<OrderEvent, { type: 'OrderCancelled' }>>;

function consumer(act: CancelledEffect['act'], markFails = false) {
  const recorded = recordedConsumer();
  const rows = new Map<string, LedgerRow>();
  const ledger = inMemoryLedger(rows);
  const busy = new StatementError('ThrottlingError', 'busy', { retriable: true });
  const put: typeof ledger.put = async (marks) => new Map([...marks].map(([key]) => [key, busy]));
  const effect = onceEach(
    'OrderCancelled',
    { keyOf: ({ data }) => `refund/${data.orderId}`, act, deadlineMs: 1_000, inFlight: 1 },
    { ...recorded.ports, ledger: markFails ? { ...ledger, put } : ledger },
  );
  const handler = consume(effect, recorded.ports);
  return {
    ...recorded,
    rows,
    deliver: async () => (await handler(kafkaEventOf([P, C, C]), LAMBDA_CONTEXT)).batchItemFailures,
    counts: () => recorded.lines.find(({ message }) => message === 'batch consumed')?.fields,
  };
}

describe('onceEach', () => {
  it('makes the effect of events of its type, under the consumer’s name, and skips all others', async () => {
    const acted: OrderEvent[] = [];
    const { deliver, counts, rows } = consumer(async (event) => {
      acted.push(event);
      return undefined;
    });
    expect(await deliver()).toEqual([]);
    expect(acted).toMatchObject([{ eventId: C.eventId }]);
    expect(counts()).toMatchObject({ done: 1, duplicate: 1, skipped: 1 });
    expect([...rows.keys()]).toEqual([`test-service#refund/${order.orderId}`]);
  });

  it('says in the log what it made and could not mark, and calls it done', async () => {
    const { deliver, counts, lines } = consumer(async () => undefined, true);
    expect(await deliver()).toEqual([]);
    expect(counts()).toMatchObject({ done: 1 });
    expect(lines[0]).toEqual({
      message: 'effect made but not marked',
      fields: { eventId: C.eventId, code: 'ThrottlingError' },
    });
  });

  it('takes an exception that nobody expected for the code’s, until others get through', async () => {
    const { deliver, letters, counts } = consumer(() => Promise.reject(new RangeError('secret')));
    expect(await deliver()).toHaveLength(2);
    expect(letters).toEqual([]);
    expect(counts()).toMatchObject({ skipped: 1, retry: 2 });
  });

  it('tries again what passes, with what it had claimed before', async () => {
    let down = true;
    const { deliver, counts } = consumer(async () => {
      if (!down) return undefined;
      down = false;
      throw new OrderlyError('GATEWAY_DOWN', 'down', { retriable: true });
    });
    expect(await deliver()).toEqual([]);
    expect(counts()).toMatchObject({ done: 1, duplicate: 1, rounds: 2 });
  });
});
