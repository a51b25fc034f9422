import type {
  Content,
  Exchange,
  Letter,
  Mail,
  Observation,
  Order,
  Schedule,
  SeenFromOutside,
  SeenWithin,
  Shipment,
  State,
  Step,
  TopicRecord,
} from '../../checker/observation.ts';
import { UNSEEN } from '../../checker/observation.ts';
import { contentOf } from '../../checker/shipments.ts';

/** Everything is seen of it: more than either observer sees. */
interface Sound extends Observation {
  readonly schedule: Schedule;
  readonly reread: State;
  readonly outages: Exclude<Observation['outages'], typeof UNSEEN>;
}

/**
 * An observation in which every promise holds: three orders on three partitions, the second of them cancelled; poison
 * and a record to skip behind the first; a record of the third given up by Lambda for shipping, and replayed; a copy; the
 * second order's thank-you sent twice, as its first answer was lost.
 */
export function soundObservation(): Sound {
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
  const { orders: _orders, outbox: _outbox, ...pass } = pausedBefore(state);
  return {
    retryAttempts: 2,
    isDeadly: false,
    refuses: [],
    exchanges: [
      ...orders.map((order, n) => placed(order, n + 1)),
      cancelled(idOf(2)),
      refused(4),
      unanswered(5),
    ],
    pauses: [pausedBefore(state)],
    passes: [pass],
    end: state,
    reread: state,
    outages: [{ of: 'email-service', orders: [idOf(3)], served: [idOf(3)], servedByItself: [] }],
    stops: [],
    failures: [],
    marks: state.mails
      .filter(({ isAnswered }) => isAnswered)
      .map(({ eventId, process, at }) => ({ eventId, process, at: at + 10 })),
    schedule: { maxSkewMs: 0, undisturbed: ['shipping-service'], steps: stepsOf(state) },
    indiscretions: [],
    unfinished: [],
  };
}

/** What the fault suite sees of it, and what the simulator sees. */
export const fromOutside = (sound: Sound): SeenFromOutside => ({ ...sound, passes: [], schedule: UNSEEN });
export const within = (sound: Sound): SeenWithin => ({
  ...sound,
  pauses: [],
  reread: UNSEEN,
  outages: UNSEEN,
});

/** How it came to the end, in order. */
function stepsOf({ orders, topic, shipments, mails }: State): readonly Step[] {
  const steps: Step[] = [];
  for (const { orderId, events } of orders) {
    events.forEach((_, index) => {
      const written = { at: 100, eventId: `${orderId}.${index + 1}`, by: 'checkout' };
      steps.push({ what: 'order written', ...written }, { what: 'row written', ...written });
    });
  }
  for (const { partition, offset, headers } of topic) {
    const eventId = Buffer.from(headers[0]?.[1] ?? '', 'base64').toString();
    steps.push({ at: 200, what: 'appended', eventId, place: { partition, offset } });
  }
  for (const { orderId } of orders) {
    steps.push({ at: 300, what: 'row deleted', eventId: `${orderId}.1`, by: 'relay' });
  }
  for (const after of shipments) {
    const before = { ...after, status: 'LABEL_CREATED' };
    steps.push({ at: 400, what: 'shipment written', before: undefined, after: before });
    if (after.status === 'CANCELLED') steps.push({ at: 500, what: 'shipment written', before, after });
  }
  for (const mail of mails) {
    const { at, eventId, process: by, isAnswered } = mail;
    const claim = { status: 'CLAIMED', owner: by, leaseUntil: at + 60_000 };
    const rest = { ...claim, owner: 'nobody' };
    const before = mail === mails[2] ? rest : undefined;
    steps.push(
      {
        at: before === undefined ? at : rest.leaseUntil,
        what: 'claim written',
        eventId,
        by,
        before,
        after: claim,
      },
      { at, what: 'mail tried', eventId, by, isAnswered },
      { at, what: 'mailed', mail },
      { at: at + 10, what: 'claim written', eventId, by, before: claim, after: isAnswered ? SENT : rest },
    );
  }
  steps.push({ at: 600, what: 'passed', group: 'shipping-service', partition: 0, committed: 3 });
  return steps;
}

const SENT = { status: 'SENT', owner: undefined, leaseUntil: Number.NaN };

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
      { ...aMail(`${idOf(2)}.1`, 'thank-you', 2), at: 61_000 },
      { ...aMail(`${idOf(2)}.2`, 'cancellation', 2), at: 62_000 },
      aMail(`${idOf(3)}.1`, 'thank-you', 3),
    ],
    sales: {
      counted: orders.flatMap(({ orderId, events }) => events.map((_, n) => `${orderId}.${n + 1}`)),
      sums: [
        {
          day: '2026-03-01',
          currency: 'EUR',
          orders: orders.length,
          items: sumOf(orders, ({ items }) => items),
          revenue: sumOf(orders, ({ total }) => total),
          cancellations: 1,
          cancelled: soldTo(2).total,
        },
      ],
    },
    letters: [
      aLetter('email-service', topic, 0, 1, 'unparseable', 'OPEN'),
      aLetter('shipping-service', topic, 0, 1, 'unparseable', 'PARKED'),
      aLetter('sales-service', topic, 0, 1, 'unparseable', 'OPEN'),
      aLetter('shipping-service', topic, 2, 0, 'retries-exhausted', 'REPLAYED'),
    ],
    givenUp: [givenUp],
    positions: [
      ...['email-service', 'shipping-service', 'sales-service'].flatMap((group) => [
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
  const without = (eventIds: readonly string[]) => eventIds.filter((id) => id !== `${idOf(3)}.1`);
  return {
    ...state,
    outbox: [`${idOf(3)}.1`],
    topic: state.topic.filter(({ partition }) => partition !== 2),
    shipments: state.shipments.filter((shipment) => !isThird(shipment)),
    sales: {
      counted: without(state.sales.counted),
      sums: state.sales.sums.map((sum) => ({
        ...sum,
        orders: sum.orders - 1,
        items: sum.items - 3,
        revenue: sum.revenue - soldTo(3).total,
      })),
    },
    mails: state.mails.filter(({ eventId }) => eventId !== `${idOf(3)}.1`),
    letters: state.letters.filter(({ partition }) => partition === 0),
    givenUp: [],
    positions: state.positions.filter(({ partition, group }) => partition !== 2 && group !== 'dead-letters'),
  };
}

function sumOf(orders: readonly Order[], amount: (sold: ReturnType<typeof soldTo>) => number): number {
  return orders.reduce((sum, { orderId }) => sum + amount(soldTo(Number(orderId.slice(4)))), 0);
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
  currency: 'EUR',
  lines: [{ sku: 'TEA', name: 'Tea', quantity: n, unitPrice: 450 }],
});
/** What it comes to. */
const soldTo = (n: number) => ({ items: n, total: n * 450 });
const placedAt = '2026-03-01T12:00:00.000Z';

function eventOf(n: number, seq: number): Content {
  const { customerId, email, shippingAddress, currency, lines } = orderedBy(n);
  const sold = { email, currency, total: soldTo(n).total };
  const data = seq === 1 ? { ...sold, shippingAddress, lines, placedAt } : { ...sold, cancelledAt: placedAt };
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
  const to = `canary-${customer}@example.com`;
  return { eventId, kind, to, at: 500, process: '7', isAnswered: true, isLate: false, isReplayed: false };
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
  const content = JSON.stringify(orderedBy(n));
  const answer = JSON.stringify({ orderId, status: 'PLACED', ...orderedBy(n) });
  return { kind: 'place', customerId, content, status: 201, orderId, answer };
}

function cancelled(orderId: string): Exchange {
  return { kind: 'cancel', customerId: 'customer-2', content: '', status: 200, orderId, answer: '{}' };
}

function refused(n: number): Exchange {
  const { customerId } = orderedBy(n);
  return {
    kind: 'place',
    customerId,
    content: JSON.stringify(orderedBy(n)),
    status: 422,
    orderId: undefined,
    answer: undefined,
  };
}

function unanswered(n: number): Exchange {
  return { ...refused(n), status: undefined };
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
