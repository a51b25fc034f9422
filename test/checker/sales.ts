/** What sales has added up. */
import { isDeepStrictEqual } from 'node:util';
import type { Promised } from './check.ts';
import { type OrderEvent, orderEvents, statesOf } from './events.ts';
import type { State, Sum } from './observation.ts';

export const SALES: readonly Promised[] = [
  {
    id: 'I16',
    says: 'at any moment the sums are those of the events that are counted, each once',
    broken: (observation) => statesOf(observation).flatMap(sumsAstray),
  },
];

function sumsAstray(state: State): readonly string[] {
  const { counted, sums } = state.sales;
  const events = eventsById(state);
  const unknown = counted.filter((eventId) => !events.has(eventId));
  const expected = addedUp(counted.flatMap((eventId) => events.get(eventId) ?? []));
  return [
    ...unknown.map((eventId) => `${eventId} is counted, of which the topic knows nothing`),
    ...[...expected]
      .filter(
        ([bucket, sum]) =>
          !isDeepStrictEqual(
            sum,
            sums.find((one) => bucketOf(one) === bucket),
          ),
      )
      .map(([bucket]) => `the sales of ${bucket} are not those of the events that are counted`),
    ...sums
      .filter((sum) => !expected.has(bucketOf(sum)))
      .map((sum) => `there are sales of ${bucketOf(sum)}, of which nothing is counted`),
  ];
}

function eventsById(state: State): ReadonlyMap<string, OrderEvent> {
  return new Map(orderEvents(state).map((event) => [event.eventId, event]));
}

const bucketOf = ({ day, currency }: Pick<Sum, 'day' | 'currency'>) => `${day} ${currency}`;

/** By the rule of docs/idempotent-effects.md: an order counts on its own day, a cancellation on its own. */
function addedUp(events: readonly OrderEvent[]): ReadonlyMap<string, Sum> {
  const sums = new Map<string, Sum>();
  for (const { type, data } of events) {
    const { currency, total, lines, placedAt, cancelledAt } = data as unknown as Sold;
    const isPlaced = type === 'OrderPlaced';
    const bucket = { day: (isPlaced ? placedAt : cancelledAt).slice(0, 10), currency };
    const sum = sums.get(bucketOf(bucket));
    sums.set(bucketOf(bucket), {
      ...bucket,
      orders: (sum?.orders ?? 0) + (isPlaced ? 1 : 0),
      items: (sum?.items ?? 0) + (isPlaced ? lines.reduce((items, { quantity }) => items + quantity, 0) : 0),
      revenue: (sum?.revenue ?? 0) + (isPlaced ? total : 0),
      cancellations: (sum?.cancellations ?? 0) + (isPlaced ? 0 : 1),
      cancelled: (sum?.cancelled ?? 0) + (isPlaced ? 0 : total),
    });
  }
  return sums;
}

/** What both types of event say, and what each alone. Checked by I3: an event says what was asked for. */
interface Sold {
  readonly currency: string;
  readonly total: number;
  readonly lines: readonly { readonly quantity: number }[];
  readonly placedAt: string;
  readonly cancelledAt: string;
}
