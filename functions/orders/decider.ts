/**
 * What becomes of an order: commands in, events out, its state by its events. Pure, so that whoever decides about an order, in
 * whatever function, decides the same; `functions/outbox/order-store.ts` carries a decision out.
 *
 *              PlaceOrder             CancelOrder
 *     ABSENT ────────────> PLACED ────────────────> CANCELLED
 *     refused: CancelOrder   │ nothing: the same      │ nothing: CancelOrder, and the same placement
 *                            │ refused: another one   │ refused: another one
 *
 * A new command is a case of `decide`, a new event a case of `evolve` and a line of `events.ts`. The pattern:
 * https://thinkbeforecoding.com/post/2021/12/17/functional-event-sourcing-decider
 */
import canonicalize from 'canonicalize';
import { OrderlyError } from '../errors.ts';
import { CURRENT_VERSION, type OrderEvent } from './events.ts';
import { eventIdFor, type OrderId } from './ids.ts';
import { type Order, type PlaceOrder, totalOf } from './order.ts';

/** An order as its events have made it; `seq` is that of the newest, 0 where there is none. */
export type OrderState = { readonly status: 'ABSENT'; readonly seq: 0 } | Order;

/** The order of which nothing has happened yet. */
export const initialState: OrderState = { status: 'ABSENT', seq: 0 };

export type OrderCommand =
  /** The same order again, however its fields are arranged, is nothing new. */
  | { readonly type: 'PlaceOrder'; readonly orderId: OrderId; readonly asked: PlaceOrder; readonly now: Date }
  | { readonly type: 'CancelOrder'; readonly orderId: OrderId; readonly now: Date };

export type Decision =
  | { readonly kind: 'events'; readonly events: readonly [OrderEvent, ...OrderEvent[]] }
  /** What is wanted is so already. */
  | { readonly kind: 'nothing'; readonly order: Order }
  /** The id stands for an order of other content, or for none. */
  | { readonly kind: 'refused'; readonly reason: 'other-order' | 'no-order' };

/** The events that a command makes of an order in its state. */
export function decide(command: OrderCommand, state: OrderState): Decision {
  switch (command.type) {
    case 'PlaceOrder':
      if (state.status === 'ABSENT') return { kind: 'events', events: [placed(command)] };
      return contentOf(state) === contentOf(command.asked)
        ? { kind: 'nothing', order: state }
        : { kind: 'refused', reason: 'other-order' };
    case 'CancelOrder':
      switch (state.status) {
        case 'ABSENT':
          return { kind: 'refused', reason: 'no-order' };
        case 'CANCELLED':
          return { kind: 'nothing', order: state };
        case 'PLACED':
          return { kind: 'events', events: [cancelled(state, command.now)] };
      }
  }
}

/**
 * The order after an event.
 *
 * @throws {OrderlyError} `ORDER_WITHOUT_PLACEMENT` if another event comes first
 */
export function evolve(state: OrderState, { type, data }: OrderEvent): Order {
  if (type === 'OrderPlaced') {
    const { schemaVersion: _schemaVersion, ...facts } = data;
    return { ...facts, status: 'PLACED' };
  }
  if (state.status === 'ABSENT')
    throw new OrderlyError('ORDER_WITHOUT_PLACEMENT', 'an order begins with its placement');
  switch (type) {
    case 'OrderCancelled':
      return { ...state, status: 'CANCELLED', seq: data.seq };
  }
}

/** The order that events have made of another, or of none. */
export function orderAfter(
  [first, ...more]: readonly [OrderEvent, ...OrderEvent[]],
  state: OrderState = initialState,
): Order {
  return more.reduce(evolve, evolve(state, first));
}

function placed({ orderId, asked, now }: OrderCommand & { readonly type: 'PlaceOrder' }): OrderEvent {
  return {
    type: 'OrderPlaced',
    eventId: eventIdFor(orderId, 1),
    data: {
      ...asked,
      orderId,
      seq: 1,
      total: totalOf(asked.lines),
      placedAt: now.toISOString(),
      schemaVersion: CURRENT_VERSION,
    },
  };
}

function cancelled({ orderId, customerId, seq, email, currency, total }: Order, now: Date): OrderEvent {
  return {
    type: 'OrderCancelled',
    eventId: eventIdFor(orderId, seq + 1),
    data: {
      orderId,
      customerId,
      seq: seq + 1,
      schemaVersion: CURRENT_VERSION,
      email,
      currency,
      total,
      cancelledAt: now.toISOString(),
    },
  };
}

/** What was asked for, in one form for equal content (RFC 8785). */
function contentOf({ customerId, email, shippingAddress, currency, lines }: PlaceOrder): string {
  return canonicalize({ customerId, email, shippingAddress, currency, lines }) ?? '';
}
