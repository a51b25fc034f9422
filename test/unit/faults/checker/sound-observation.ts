import type {
  Content,
  Exchange,
  Letter,
  Mail,
  Observation,
  Order,
  Shipment,
  State,
  TopicRecord,
} from '../../../faults/checker/observation.ts';
import { contentOf } from '../../../faults/checker/shipments.ts';

/**
 * An observation in which every invariant holds: three orders on three partitions, the second of them cancelled; poison
 * and a record to skip behind the first; a record of the third given up by Lambda for shipping, and replayed; a copy; the
 * second order's thank-you sent twice, as its first answer was lost.
 */
export function soundObservation(): Observation {
  const orders = [anOrder(1), anOrder(2, true), anOrder(3)];
  const records = [
    ...orders.flatMap((order, partition) =>
      order.events.map((event, offset) => aRecord(event, partition, offset)),
    ),
    aRecord({ key: null, value: base64('{'), headers: [['ce_id', base64('poison')]] }, 0, 1, 'unparseable'),
    aRecord({ key: null, value: null, headers: [] }, 0, 2, 'skipped'),
    aRecord(eventOf(3, 1), 2, 1),
  ];
  const state = aState(orders, records);
  return {
    retryAttempts: 2,
    isDeadly: false,
    exchanges: [
      ...orders.map((order, n) => placed(order, n + 1)),
      cancelled(idOf(2)),
      refused(4),
      unanswered(5),
    ],
    pauses: [pausedBefore(state)],
    end: state,
    reread: state,
    outages: [{ of: 'email-service', orders: [idOf(3)], served: [idOf(3)], servedByItself: [] }],
    faults: [
      {
        at: 1_000,
        kind: 'answer lost',
        where: 'email',
        pids: [7],
        isDeath: false,
        operation: 'POST /v2/email/outbound-emails',
        events: [`${idOf(2)}.1`],
      },
    ],
    marks: [],
    indiscretions: [],
    unfinished: [],
  };
}

/** The order of customer n. */
export const idOf = (n: number) => `ord_${String(n).padStart(26, '0')}`;

function aState(orders: readonly Order[], topic: readonly TopicRecord[]): State {
  const givenUp = {
    consumer: 'shipping-service',
    partition: 2,
    offset: 0,
    message: { partition: 0, offset: 0 },
  };
  return {
    orders,
    outbox: [],
    topic,
    shipments: orders.map(aShipment),
    suppressed: [],
    mails: [
      aMail(`${idOf(1)}.1`, 'thank-you', 1),
      { ...aMail(`${idOf(2)}.1`, 'thank-you', 2), at: 1_000, isAnswered: false },
      { ...aMail(`${idOf(2)}.1`, 'thank-you', 2), at: 2_000 },
      { ...aMail(`${idOf(2)}.2`, 'cancellation', 2), at: 3_000 },
      aMail(`${idOf(3)}.1`, 'thank-you', 3),
    ],
    letters: [
      aLetter('email-service', topic, 0, 1, 'unparseable', 'OPEN'),
      aLetter('shipping-service', topic, 0, 1, 'unparseable', 'PARKED'),
      aLetter('shipping-service', topic, 2, 0, 'retries-exhausted', 'REPLAYED'),
    ],
    givenUp: [givenUp],
    positions: [
      ...['email-service', 'shipping-service'].flatMap((group) => [
        { group, partition: 0, committed: 3, end: 3 },
        { group, partition: 1, committed: 2, end: 2 },
        { group, partition: 2, committed: 2, end: 2 },
      ]),
      { group: 'dead-letters', partition: 0, committed: 1, end: 1 },
    ],
  };
}

/** When the third order's event was still in the outbox, and its mail and shipment weren't. */
function pausedBefore(state: State): State {
  const isThird = ({ orderId }: { readonly orderId: string }) => orderId === idOf(3);
  return {
    ...state,
    outbox: [`${idOf(3)}.1`],
    topic: state.topic.filter(({ partition }) => partition !== 2),
    shipments: state.shipments.filter((shipment) => !isThird(shipment)),
    mails: state.mails.filter(({ eventId }) => eventId !== `${idOf(3)}.1`),
    letters: state.letters.filter(({ partition }) => partition === 0),
    givenUp: [],
    positions: state.positions.filter(({ partition, group }) => partition !== 2 && group !== 'dead-letters'),
  };
}

function anOrder(n: number, isCancelled = false): Order {
  return {
    orderId: idOf(n),
    status: isCancelled ? 'CANCELLED' : 'PLACED',
    seq: isCancelled ? 2 : 1,
    events: isCancelled ? [eventOf(n, 1), eventOf(n, 2)] : [eventOf(n, 1)],
  };
}

const orderedBy = (n: number) => ({
  customerId: `customer-${n}`,
  email: `canary-${n}@example.com`,
  shippingAddress: { name: 'Canary', line1: 'Canary Street', city: 'Ulm', postalCode: '1', country: 'DE' },
  lines: [{ sku: 'TEA', name: 'Tea', quantity: n, unitPrice: 450 }],
});
const placedAt = '2026-03-01T12:00:00.000Z';

function eventOf(n: number, seq: number): Content {
  const { customerId, email, shippingAddress, lines } = orderedBy(n);
  const data = seq === 1 ? { email, shippingAddress, lines, placedAt } : { email };
  return {
    key: base64(idOf(n)),
    value: base64(JSON.stringify({ orderId: idOf(n), customerId, seq, ...data })),
    headers: [
      ['ce_id', base64(`${idOf(n)}.${seq}`)],
      ['ce_type', base64(seq === 1 ? 'OrderPlaced' : 'OrderCancelled')],
    ],
  };
}

function aRecord(
  content: Content,
  partition: number,
  offset: number,
  planted?: TopicRecord['planted'],
): TopicRecord {
  return { ...content, partition, offset, timestamp: 1_000 + offset, planted };
}

function aShipment({ orderId, status }: Order): Shipment {
  const { shippingAddress: address, lines } = orderedBy(Number(orderId.slice(4)));
  return {
    orderId,
    status: status === 'CANCELLED' ? 'CANCELLED' : 'LABEL_CREATED',
    content: contentOf({ address, lines, createdAt: placedAt }),
  };
}

function aMail(eventId: string, kind: Mail['kind'], customer: number): Mail {
  return { eventId, kind, to: `canary-${customer}@example.com`, at: 500, pid: 7, isAnswered: true };
}

function aLetter(
  consumer: string,
  topic: readonly TopicRecord[],
  partition: number,
  offset: number,
  reason: string,
  status: string,
): Letter {
  const record = topic.find((each) => each.partition === partition && each.offset === offset);
  if (record === undefined) throw new Error('a letter needs its record');
  const { planted: _planted, ...rest } = record;
  return { ...rest, consumer, topic: 'orders', reason, status };
}

function placed({ orderId }: Order, n: number): Exchange {
  const { customerId } = orderedBy(n);
  return { kind: 'place', customerId, content: JSON.stringify(orderedBy(n)), status: 201, orderId };
}

function cancelled(orderId: string): Exchange {
  return { kind: 'cancel', customerId: 'customer-2', content: '', status: 200, orderId };
}

function refused(n: number): Exchange {
  const { customerId } = orderedBy(n);
  return {
    kind: 'place',
    customerId,
    content: JSON.stringify(orderedBy(n)),
    status: 422,
    orderId: undefined,
  };
}

function unanswered(n: number): Exchange {
  return { ...refused(n), status: undefined };
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
