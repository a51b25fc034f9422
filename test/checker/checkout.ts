/** What the checkout promised, and what its tables and the topic hold. */
import { isDeepStrictEqual } from 'node:util';
import type { Promised } from './check.ts';
import { fromSteps, publishedEvents, statesOf } from './events.ts';
import type { Exchange, Observation, State, Step } from './observation.ts';

export const CHECKOUT: readonly Promised[] = [
  {
    id: 'I1',
    says: 'an event that an order keeps waits in the outbox or is on the topic, whenever nothing runs; nothing else does',
    broken: (observation) => statesOf(observation).flatMap(eventsAstray),
  },
  {
    id: 'I1',
    says: 'an order and the outbox row of its event are written at one moment',
    broken: (observation) => fromSteps(observation, writtenAlone),
  },
  { id: 'I2', says: 'what was answered 2xx is on the topic', broken: promisedInVain },
  { id: 'I3', says: 'an event says what somebody asked for and was not refused', broken: eventsUnasked },
  {
    id: 'I4',
    says: 'one customer and key is one order, in every answer and on the topic',
    broken: ordersOfOneKey,
  },
  { id: 'I4', says: 'an answer is about what was asked for, and the same each time', broken: answersAstray },
];

/** An order has as many events as its seq says, and the status of the last. */
function eventsAstray(state: State): readonly string[] {
  const kept = new Set(
    state.orders.flatMap(({ orderId, events }) => events.map((_, index) => `${orderId}.${index + 1}`)),
  );
  const there = new Set([...state.outbox, ...publishedEvents(state).map(({ eventId }) => eventId)]);
  const odd = state.orders.filter(
    ({ events, seq, status }) => events.length !== seq || (status === 'CANCELLED') !== (seq === 2),
  );
  return [
    ...without(kept, there).map((id) => `${id} is kept by its order, and nowhere else`),
    ...without(there, kept).map((id) => `${id} exists, and no order keeps it`),
    ...odd.map(
      ({ orderId, seq, status, events }) =>
        `${orderId} is ${status} at seq ${seq} with ${events.length} events`,
    ),
  ];
}

function writtenAlone(steps: readonly Step[]): readonly string[] {
  const moments = new Map<string, number>();
  for (const step of steps) {
    if (step.what !== 'order written' && step.what !== 'row written') continue;
    const moment = `${step.eventId} by ${step.by} at ${step.at}`;
    moments.set(moment, (moments.get(moment) ?? 0) + (step.what === 'order written' ? 1 : -1));
  }
  return [...moments]
    .filter(([, difference]) => difference !== 0)
    .map(([moment]) => `the order or its outbox row was written alone: ${moment}`);
}

const isAnswered2xx = ({ status }: Exchange) => status !== undefined && status >= 200 && status < 300;
const isRefused = ({ status }: Exchange) => status !== undefined && status >= 400 && status < 500;

function promisedInVain({ exchanges, end }: Observation): readonly string[] {
  const published = new Set(publishedEvents(end).map(({ eventId }) => eventId));
  const promised = exchanges
    .filter(isAnswered2xx)
    .map(({ kind, orderId }) => `${orderId}.${kind === 'place' ? 1 : 2}`);
  return without(new Set(promised), published).map(
    (id) => `${id} was promised by a 2xx, and is not on the topic`,
  );
}

function eventsUnasked({ exchanges, end }: Observation): readonly string[] {
  const wanted = new Map<string, Record<string, unknown>[]>();
  const cancelled = new Set<string>();
  for (const exchange of exchanges) {
    if (isRefused(exchange)) continue;
    const { kind, customerId, content, orderId = '' } = exchange;
    if (kind === 'cancel') cancelled.add(orderId);
    else wanted.set(customerId, [...(wanted.get(customerId) ?? []), JSON.parse(content)]);
  }
  const unasked = publishedEvents(end).filter(({ type, orderId, data }) =>
    type === 'OrderCancelled'
      ? !cancelled.has(orderId)
      : !wanted.get(data.customerId ?? '')?.some((asked) => isContentOf(asked, data)),
  );
  return unasked.map(({ eventId }) => `${eventId} says what nobody asked for, or what was refused`);
}

function isContentOf(asked: Record<string, unknown>, data: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(asked).every(([name, value]) => isDeepStrictEqual(data[name], value));
}

const isPlacement = (exchange: Exchange) => exchange.kind === 'place' && isAnswered2xx(exchange);

function ordersOfOneKey({ exchanges, end }: Observation): readonly string[] {
  const answered = exchanges.filter(isPlacement);
  const published = publishedEvents(end).map(({ data: { customerId = '' }, orderId }) => ({
    customerId,
    orderId,
  }));
  const byCustomer = Map.groupBy([...answered, ...published], ({ customerId }) => customerId);
  return [...byCustomer].flatMap(([customerId, named]) => {
    const orders = new Set(named.map(({ orderId }) => orderId));
    return orders.size === 1 ? [] : [`${customerId} ordered once: ${[...orders].join(', ')}`];
  });
}

function answersAstray({ exchanges }: Observation): readonly string[] {
  const first = new Map<string, string>();
  return exchanges.filter(isPlacement).flatMap(({ customerId, content, answer = '{}' }) => {
    const before = first.get(customerId) ?? answer;
    first.set(customerId, before);
    if (before !== answer) return [`${customerId} was answered ${before}, and later ${answer}`];
    return isContentOf(JSON.parse(content), JSON.parse(answer))
      ? []
      : [`${customerId} asked for ${content}, and was answered ${answer}`];
  });
}

function without(some: ReadonlySet<string>, others: ReadonlySet<string>): readonly string[] {
  return [...some].filter((one) => !others.has(one));
}
