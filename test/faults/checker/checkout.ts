/** What the checkout promised, and what its table and the topic hold. */
import { isDeepStrictEqual } from 'node:util';
import type { Violation } from '../../support/invariants.ts';
import type { Exchange, Observation, State } from './observation.ts';
import { orderEvents } from './order-events.ts';
import { violationsOf } from './violation.ts';

const isAnswered2xx = ({ status }: Exchange) => status !== undefined && status >= 200 && status < 300;
const isRefused = ({ status }: Exchange) => status !== undefined && status >= 400 && status < 500;

/**
 * I1, at any moment at which nothing runs: each event that an order keeps waits in the outbox or is on the topic, and
 * nothing else does; an order has as many events as its seq says, and the status of the last.
 */
export function ordersHaveTheirEvents(state: State): readonly Violation[] {
  const kept = new Set(
    state.orders.flatMap(({ orderId, events }) => events.map((_, index) => `${orderId}.${index + 1}`)),
  );
  const published = new Set(orderEvents(state).map(({ eventId }) => eventId));
  const there = new Set([...state.outbox, ...published]);
  const odd = state.orders.filter(
    ({ events, seq, status }) => events.length !== seq || (status === 'CANCELLED') !== (seq === 2),
  );
  return [
    ...violationsOf('I1', without(kept, there), (id) => `${id} is kept by its order, and nowhere else`),
    ...violationsOf('I1', without(there, kept), (id) => `${id} exists, and no order keeps it`),
    ...violationsOf('I1', odd, ({ orderId, seq, status, events }) => {
      return `${orderId} is ${status} at seq ${seq} with ${events.length} events`;
    }),
  ];
}

/** I2: what was answered 2xx is on the topic. */
export function answeredIsPublished({ exchanges, end }: Observation): readonly Violation[] {
  const published = new Set(orderEvents(end).map(({ eventId }) => eventId));
  const promised = exchanges
    .filter(isAnswered2xx)
    .map(({ kind, orderId }) => `${orderId}.${kind === 'place' ? 1 : 2}`);
  return violationsOf(
    'I2',
    without(new Set(promised), published),
    (id) => `${id} was promised by a 2xx, and is not on the topic`,
  );
}

/** I3: an event says what somebody asked for and was not refused; and a cancellation, that its order's was asked for. */
export function refusedIsNotPublished({ exchanges, end }: Observation): readonly Violation[] {
  const wanted = new Map<string, Record<string, unknown>[]>();
  const cancelled = new Set<string>();
  for (const exchange of exchanges) {
    if (isRefused(exchange)) continue;
    const { kind, customerId, content, orderId = '' } = exchange;
    if (kind === 'cancel') cancelled.add(orderId);
    else wanted.set(customerId, [...(wanted.get(customerId) ?? []), JSON.parse(content)]);
  }
  const unasked = orderEvents(end).filter(({ type, orderId, data }) =>
    type === 'OrderCancelled'
      ? !cancelled.has(orderId)
      : !wanted.get(data.customerId)?.some((asked) => isContentOf(asked, data)),
  );
  return violationsOf('I3', new Set(unasked.map(({ eventId }) => eventId)), (id) => {
    return `${id} says what nobody asked for, or what was refused`;
  });
}

function isContentOf(asked: Record<string, unknown>, data: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(asked).every(([name, value]) => isDeepStrictEqual(data[name], value));
}

/** I4: one customer and idempotency key is one order, in every answer and on the topic. */
export function oneOrderPerKey({ exchanges, end }: Observation): readonly Violation[] {
  const answered = exchanges
    .filter((exchange) => exchange.kind === 'place' && isAnswered2xx(exchange))
    .map(({ customerId, orderId = '' }) => ({ customerId, orderId }));
  const published = orderEvents(end).map(({ data: { customerId }, orderId }) => ({ customerId, orderId }));
  const byCustomer = Map.groupBy([...answered, ...published], ({ customerId }) => customerId);
  return [...byCustomer].flatMap(([customerId, named]) => {
    const orders = new Set(named.map(({ orderId }) => orderId));
    return orders.size === 1
      ? []
      : [{ id: 'I4', text: `${customerId} ordered once: ${[...orders].join(', ')}` }];
  });
}

function without(some: ReadonlySet<string>, others: ReadonlySet<string>): readonly string[] {
  return [...some].filter((one) => !others.has(one));
}
