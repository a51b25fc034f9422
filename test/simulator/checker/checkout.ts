/** What the checkout promised, and what its tables and the topic hold. */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { Violation } from '../../support/invariants.ts';
import type { Evidence } from '../evidence.ts';
import type { ShopperRequest } from '../history.ts';
import { orderEvents } from './topic-events.ts';

const answered = z.object({ orderId: z.string(), status: z.string() });

/** I1: an order is written exactly when the outbox row of its newest event is: at the same moment, by the same process. */
export function ordersAndOutbox({ history }: Evidence): Violation[] {
  const moments = new Map<string, number>();
  const count = (moment: string, by: number) => moments.set(moment, (moments.get(moment) ?? 0) + by);
  for (const past of history.past) {
    if (past.what !== 'written' || past.after === undefined) continue;
    const moment = `${past.at} ${past.process} ${past.after.orderId?.S}.${past.after.seq?.N}`;
    if (past.table === 'Orders') count(moment, 1);
    if (past.table === 'Outbox') count(moment, -1);
  }
  return [...moments]
    .filter(([, difference]) => difference !== 0)
    .map(([moment]) => ({ id: 'I1', text: `the order or its outbox row was written alone: ${moment}` }));
}

/** I2: what was answered 2xx is on the topic. */
export function answeredIsPublished(evidence: Evidence): Violation[] {
  const published = new Set(orderEvents(evidence).map(({ eventId }) => eventId));
  return answers(evidence).flatMap(({ request, status, body }) => {
    if (status === undefined || status >= 300 || request.kind === 'show') return [];
    const eventId = `${answered.parse(JSON.parse(body)).orderId}.${request.kind === 'place' ? 1 : 2}`;
    return published.has(eventId)
      ? []
      : [
          {
            id: 'I2',
            text: `request ${request.id} was answered ${status}, and ${eventId} is not on the topic`,
          },
        ];
  });
}

/** I3: what was refused makes no event; what nobody heard of makes one at most, of something that was asked for. */
export function refusedIsNotPublished(evidence: Evidence): Violation[] {
  const refused = new Set(
    answers(evidence).flatMap(({ request, status }) =>
      status !== undefined && status >= 400 && status < 500 ? [request.id] : [],
    ),
  );
  const asked = evidence.history.past.flatMap((past) =>
    past.what === 'asked' && past.request.kind === 'place' && !refused.has(past.request.id)
      ? [past.request]
      : [],
  );
  return orderEvents(evidence).flatMap((event) => {
    if (event.isForeign || event.type !== 'OrderPlaced') return [];
    const content: Record<string, unknown> = JSON.parse(String(event.record.value));
    return asked.some((request) => isContentOf(request, content))
      ? []
      : [{ id: 'I3', text: `${event.eventId} says what nobody asked for, or what was refused` }];
  });
}

function isContentOf({ body }: ShopperRequest, content: Readonly<Record<string, unknown>>): boolean {
  const wanted: Record<string, unknown> = JSON.parse(body);
  return Object.entries(wanted).every(([name, value]) => isDeepStrictEqual(content[name], value));
}

/** I4: who is answered that an order is placed is answered about the order that they asked for. */
export function answersAreAboutWhatWasAsked(evidence: Evidence): Violation[] {
  return answers(evidence).flatMap(({ request, status, body }): Violation[] => {
    if (status === undefined || status >= 300 || request.kind !== 'place') return [];
    return isContentOf(request, JSON.parse(body))
      ? []
      : [
          {
            id: 'I4',
            text: `request ${request.id} was answered ${status} about another order than it asked for`,
          },
        ];
  });
}

/** I4: one idempotency key, one order, one placement, one answer. */
export function oneOrderPerKey(evidence: Evidence): Violation[] {
  const violations: Violation[] = [];
  const orders = new Map<string, string>();
  const agree = (what: string, seen: string) => {
    const first = orders.get(what) ?? seen;
    orders.set(what, first);
    if (first !== seen) violations.push({ id: 'I4', text: `${what} is both ${first} and ${seen}` });
  };
  for (const { request, status, body } of answers(evidence)) {
    if (status === undefined || status >= 300 || request.kind !== 'place') continue;
    agree(`the answer for ${request.customerId} ${request.idempotencyKey}`, body);
  }
  for (const { type, orderId, isForeign, record } of orderEvents(evidence)) {
    if (isForeign || type !== 'OrderPlaced') continue;
    const { customerId }: { customerId: string } = JSON.parse(String(record.value));
    agree(`the order of ${customerId}`, orderId);
  }
  return violations;
}

function answers({ history }: Evidence) {
  return history.past.filter((past) => past.what === 'answered');
}
