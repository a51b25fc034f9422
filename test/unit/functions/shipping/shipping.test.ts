import { describe, expect, it } from 'vitest';
import type { BatchEvent, OrderEvents } from '../../../../functions/kafka/fold.ts';
import { type Fingerprint, placementOf } from '../../../../functions/shipping/shipment.ts';
import { missingWrite, outcomesOf, planShipment } from '../../../../functions/shipping/shipping.ts';
import { shipping } from '../../../support/consumer.ts';
import {
  anOrder,
  cancelledEvent,
  orderBody,
  orderCancelled,
  orderPlaced,
  placedEvent,
} from '../../../support/orders.ts';

const record = {
  topicPartition: 'o-0',
  topic: 'o',
  partition: 0,
  offset: 0,
  timestamp: 0,
  key: null,
  value: null,
};
const batchEvent = (event: BatchEvent['event']): BatchEvent => ({
  event,
  copies: [{ ...record, headers: [] }],
});

const order = anOrder('plan');
const placed = batchEvent(orderPlaced(order));
const cancel = batchEvent(orderCancelled(order));
const planOf = (...events: OrderEvents['events']) => planShipment({ orderId: order.orderId, events });
const kinds = (outcomes: ReturnType<typeof outcomesOf>) => [...outcomes.values()].map(({ kind }) => kind);

const fingerprint = placementOf(orderPlaced(order).data).fingerprint;
const other = 'other' as Fingerprint;

describe('placementOf', () => {
  const of = (body: object) => planShipmentOf(body).fingerprint;
  const planShipmentOf = (body: object) => {
    const [first] = planShipment({
      orderId: order.orderId,
      events: [batchEvent(orderPlaced(anOrder('plan', body)))],
    }).placements;
    if (first === undefined) throw new Error('no placement');
    return first.placement;
  };
  const body = orderBody();

  it('has the same fingerprint for what ships the same', () => {
    expect(of({ ...body, email: 'other@example.com' })).toBe(fingerprint);
    expect(of({ ...body, lines: body.lines.map((line) => ({ ...line, unitPrice: 1 })) })).toBe(fingerprint);
  });

  it('has another one for another address, another line or another quantity', () => {
    expect(of({ ...body, shippingAddress: { ...body.shippingAddress, line1: 'Other 2' } })).not.toBe(
      fingerprint,
    );
    expect(of({ ...body, lines: body.lines.map((line) => ({ ...line, quantity: 3 })) })).not.toBe(
      fingerprint,
    );
  });

  it('has its carrier by country and weight class', () => {
    const placement = planShipmentOf({
      ...body,
      lines: body.lines.map((line) => ({ ...line, quantity: 3 })),
    });
    expect(placement).toMatchObject({ weightClass: 'parcel', carrier: 'parcel-eu' });
  });
});

describe('missingWrite', () => {
  const label = { status: 'LABEL_CREATED', fingerprint, cancelledTooLate: false } as const;
  const tooLate = { ...label, cancelledTooLate: true } as const;
  const withdrawn = { status: 'CANCELLED', fingerprint, cancelledTooLate: false } as const;
  const empty = { ...withdrawn, fingerprint: undefined } as const;

  it.each([
    ['placed', planOf(placed), ['none', 'none', 'none', 'complete']],
    ['cancelled', planOf(cancel), ['cancel', 'none', 'none', 'none']],
    ['placed and cancelled', planOf(placed, cancel), ['cancel', 'none', 'none', 'complete']],
  ] as const)('%s', (_name, plan, expected) => {
    expect([label, tooLate, withdrawn, empty].map((stored) => missingWrite(plan, stored))).toEqual(expected);
  });
});

describe('outcomesOf', () => {
  it('is done for what was written, whatever the order of arrival', () => {
    for (const plan of [planOf(placed, cancel), planOf(cancel, placed)]) {
      const written = plan.placements[0]?.placement;
      expect(kinds(outcomesOf(plan, { placed: written, cancelled: true, fingerprint }))).toEqual([
        'done',
        'done',
      ]);
    }
  });

  it('is a duplicate where the same stood there before', () => {
    const writes = { placed: undefined, cancelled: false, fingerprint };
    expect(kinds(outcomesOf(planOf(placed, cancel), writes))).toEqual(['duplicate', 'duplicate']);
  });

  it('is a conflict where something else stood there', () => {
    const outcomes = outcomesOf(planOf(placed), { placed: undefined, cancelled: false, fingerprint: other });
    expect(outcomes.get(placed)).toMatchObject({ kind: 'dead-letter', reason: 'conflict' });
  });
});

it('needs one request for orders that are placed and cancelled in one batch', async () => {
  const { deliver, counts, requests } = shipping();
  await deliver(placedEvent(order), cancelledEvent(order));
  expect(counts()).toMatchObject({ done: 2 });
  expect(requests.map(({ name }) => name)).toEqual(['BatchExecuteStatement']);
});
