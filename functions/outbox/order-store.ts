/**
 * Orders in DynamoDB, each change of one in a transaction with its events' outbox rows: what `decide` says is carried out
 * here, under the condition that the order is still as it was decided on.
 *
 *     state ── decide ──> events ──[ order, if its seq is still that of the state + an outbox row each ]── appended
 *       ^                                   ├─ changed: the row that is there now, decided on anew
 *       └───────────────────────────────────┴─ contended: nothing written; wait, read, decide again
 *
 * The table has what changes in attributes, and the exact bytes of each event, oldest first, so that a lost topic can be
 * rebuilt. What an order is follows from these bytes alone, so the two cannot disagree:
 *
 *     orderId S   customerId S   status S   seq N   placedAt S   events L of M {key, value, headers}
 */
import {
  type DynamoDBClient,
  GetItemCommand,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { type Backoff, fullJitter, type Waiting } from '../backoff.ts';
import { cancellationOf } from '../dynamodb.ts';
import { OrderlyError } from '../errors.ts';
import {
  type Decision,
  decide,
  evolve,
  initialState,
  type OrderCommand,
  type OrderState,
  orderAfter,
} from '../orders/decider.ts';
import type { OrderEvent } from '../orders/events.ts';
import type { OrderId } from '../orders/ids.ts';
import type { Order } from '../orders/order.ts';
import { decodeEvent, encodeEvent } from '../orders/wire.ts';
import { type EventBytes, fromEventAttributes, type Item, toEventAttributes, toOutboxItem } from './row.ts';

/** An order before and after its new events. */
interface OrderChange {
  readonly before: OrderState;
  readonly after: Order;
  /** Those from `before.seq + 1` to `after.seq`. */
  readonly events: readonly EventBytes[];
}

type AppendResult =
  | { readonly kind: 'appended' }
  /** The order is not as it was before; nothing was written. `state` is what it is. */
  | { readonly kind: 'changed'; readonly state: OrderState }
  /** Another transaction is at the same rows, or DynamoDB asks to slow down; nothing was written. */
  | { readonly kind: 'contended' };

export interface OrderStore {
  /** Reads an order, consistently. @throws {OrderlyError} `ORDER_ROW_INVALID` */
  find(orderId: OrderId): Promise<OrderState>;
  /** Writes a change, unless there has been another one. @throws {OrderlyError} `ORDER_ROW_INVALID` */
  append(change: OrderChange): Promise<AppendResult>;
}

/** How a command ended. */
export type CommandOutcome =
  | { readonly kind: 'done'; readonly order: Order; readonly events: readonly OrderEvent[] }
  | Exclude<Decision, { readonly kind: 'events' }>
  /** Others were at the order all the time; it is not known to be done, and asking again is safe. */
  | { readonly kind: 'contended' };

/** How often a change is written before it is given up: waits of 0.6 seconds in all, at most. */
const ATTEMPTS = 5;
const BACKOFF: Backoff = { baseMs: 25, capMs: 200 };

/** Decides on an order as it is, and writes what follows from that. `traceparent` goes out with the events. */
export async function carryOut(
  command: OrderCommand,
  {
    store,
    waiting: { sleep, random },
    traceparent,
  }: { readonly store: OrderStore; readonly waiting: Waiting; readonly traceparent: string },
): Promise<CommandOutcome> {
  // An order that is placed is new, nearly always: that it isn't, its write finds out.
  let state = command.type === 'PlaceOrder' ? initialState : await store.find(command.orderId);
  for (let attempt = 1; ; attempt++) {
    const decision = decide(command, state);
    if (decision.kind !== 'events') return decision;
    if (attempt > ATTEMPTS) return { kind: 'contended' };
    const { events } = decision;
    const after = orderAfter(events, state);
    const encoded = events.map((event) => encodeEvent(event, traceparent));
    const result = await store.append({ before: state, after, events: encoded });
    switch (result.kind) {
      case 'appended':
        return { kind: 'done', order: after, events };
      case 'changed':
        state = result.state;
        break;
      case 'contended':
        await sleep(fullJitter(BACKOFF, attempt, random));
        state = await store.find(command.orderId);
    }
  }
}

/** The tables in DynamoDB, for as long as the signal lets them be asked. */
export function dynamoDbOrderStore(
  client: DynamoDBClient,
  tables: { readonly orders: string; readonly outbox: string },
  abortSignal: AbortSignal,
): OrderStore {
  async function find(orderId: OrderId): Promise<OrderState> {
    const { Item: item } = await client.send(
      new GetItemCommand({
        TableName: tables.orders,
        Key: { orderId: { S: orderId } },
        ConsistentRead: true,
      }),
      { abortSignal },
    );
    return item === undefined ? initialState : fromOrderItem(item);
  }
  return {
    find,

    async append(change) {
      const { orderId } = change.after;
      const rows = change.events.map((event, index) => ({
        Put: {
          TableName: tables.outbox,
          Item: toOutboxItem({ orderId, seq: change.before.seq + 1 + index, event }),
        },
      }));
      const command = new TransactWriteItemsCommand({
        TransactItems: [orderWrite(tables.orders, change), ...rows],
      });
      try {
        await client.send(command, { abortSignal });
        return { kind: 'appended' };
      } catch (error) {
        const cancellation = cancellationOf(error);
        if (cancellation === 'contended') return { kind: 'contended' };
        // No row: it was deleted, or an engine keeps it to itself.
        const row = cancellation.get(0);
        return { kind: 'changed', state: row === undefined ? await find(orderId) : fromOrderItem(row) };
      }
    },
  };
}

/** The write of an order under the condition that it is as it was before. */
function orderWrite(table: string, { before, after, events }: OrderChange): TransactWriteItem {
  const ReturnValuesOnConditionCheckFailure = 'ALL_OLD';
  if (before.status === 'ABSENT') {
    return {
      Put: {
        TableName: table,
        Item: toOrderItem({ order: after, events }),
        ConditionExpression: 'attribute_not_exists(orderId)',
        ReturnValuesOnConditionCheckFailure,
      },
    };
  }
  return {
    Update: {
      TableName: table,
      Key: { orderId: { S: after.orderId } },
      UpdateExpression: 'SET #status = :status, seq = :seq, events = list_append(events, :events)',
      ConditionExpression: 'seq = :seqBefore',
      ExpressionAttributeNames: { '#status': 'status' },
      ExpressionAttributeValues: {
        ':status': { S: after.status },
        ':seq': { N: String(after.seq) },
        ':seqBefore': { N: String(before.seq) },
        ':events': { L: events.map((event) => ({ M: toEventAttributes(event) })) },
      },
      ReturnValuesOnConditionCheckFailure,
    },
  };
}

/** The row of an order and its events. */
export function toOrderItem({
  order,
  events,
}: {
  readonly order: Order;
  readonly events: readonly EventBytes[];
}): Item {
  return {
    orderId: { S: order.orderId },
    customerId: { S: order.customerId },
    status: { S: order.status },
    seq: { N: String(order.seq) },
    placedAt: { S: order.placedAt },
    events: { L: events.map((event) => ({ M: toEventAttributes(event) })) },
  };
}

/** The order that a row's events have made, whatever rules came after them. @throws {OrderlyError} `ORDER_ROW_INVALID` */
export function fromOrderItem(item: Item): OrderState {
  const invalid = (why: string) => new OrderlyError('ORDER_ROW_INVALID', `an order row ${why}`);
  const state = (item.events?.L ?? []).reduce<OrderState>((before, { M: bytes = {} }) => {
    const event = decodeEvent(fromEventAttributes(bytes));
    if (event === undefined) throw invalid('has an event that cannot be read');
    return evolve(before, event);
  }, initialState);
  if (state.status === 'ABSENT') throw invalid('has no events');
  if (String(state.seq) !== item.seq?.N) throw invalid('has another seq than its newest event');
  return state;
}
