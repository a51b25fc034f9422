/** Erases the orders of a customer that nothing can bring back, and says why the others wait. */
import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  paginateQuery,
  paginateScan,
} from '@aws-sdk/client-dynamodb';
import { z } from 'zod';
import { B, L, M, S } from '../attributes.ts';
import { AUDIT, type LetterKey } from '../dead-letters/letters-table.ts';
import { OrderSystemError } from '../errors.ts';
import { workThrough } from '../work-through.ts';

/** Names of the tables that hold a customer's data. */
export interface CustomerTables {
  readonly orders: string;
  readonly outbox: string;
  readonly shipments: string;
  readonly deadLetters: string;
}

/** What the tables hold of one order. */
export interface OrderTraces {
  readonly orderId: string;
  /** Epoch milliseconds of its newest event. */
  readonly lastEventAt: number;
  /** Events of it that are not published yet. */
  readonly unpublished: number;
  readonly shipment: 'none' | 'awaits a manifest' | 'settled';
  readonly letters: readonly (LetterKey & { readonly isReplaying: boolean })[];
}

/** Whether an order can be erased, or why it can't yet. */
export type Decision =
  | { readonly kind: 'erase' }
  | { readonly kind: 'wait'; readonly why: 'unpublished' | 'no manifest yet' | 'being replayed' }
  /** `until` in epoch milliseconds. */
  | { readonly kind: 'wait'; readonly why: 'on the topic'; readonly until: number };

const DAY_MS = 86_400_000;

/**
 * How long the topic may hold a record. Kafka deletes whole segments, 7 days (`retention.ms`) after their newest record,
 * and a segment is open for 7 days (Kafka's `segment.ms`); a day more is for clocks and for Kafka to come to it.
 */
export const ON_TOPIC_MS = 15 * DAY_MS;

/**
 * Erases what nothing can bring back. What is still on its way would, once the order's shipment is gone, be taken for new:
 *
 *     outbox ──relay──> topic ──(deliveries, rewinds: for ON_TOPIC_MS)──> shipment ──> manifest
 *        └ unpublished     └ on the topic                                     └ no manifest yet
 *                            dead letter ──replay──> shipment
 *                                └ being replayed
 */
export function decide({ lastEventAt, unpublished, shipment, letters }: OrderTraces, now: number): Decision {
  if (unpublished > 0) return { kind: 'wait', why: 'unpublished' };
  const until = lastEventAt + ON_TOPIC_MS;
  if (now < until) return { kind: 'wait', why: 'on the topic', until };
  if (shipment === 'awaits a manifest') return { kind: 'wait', why: 'no manifest yet' };
  const isReplayed = letters.some(({ isReplaying }) => isReplaying);
  return isReplayed ? { kind: 'wait', why: 'being replayed' } : { kind: 'erase' };
}

/** What becomes of one order. */
export interface OrderVerdict {
  readonly order: OrderTraces;
  readonly decision: Decision;
  /** Whether this run has erased it. */
  readonly isErased: boolean;
}

export interface EraseOptions {
  readonly execute: boolean;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** Orders that are deleted at once. */
const IN_FLIGHT = 5;

/** Looks at each order of a customer, and with `execute` erases those that can be. A run that was ended is run again. */
export async function eraseCustomer(
  client: DynamoDBClient,
  tables: CustomerTables,
  customerId: string,
  { execute, now }: EraseOptions,
  signal: AbortSignal,
): Promise<readonly OrderVerdict[]> {
  const traces = await tracesOf(client, tables, customerId);
  const decided = traces.map((order) => ({ order, decision: decide(order, now) }));
  const erased = new Set<OrderTraces>();
  const erasable = decided.filter(({ decision }) => execute && decision.kind === 'erase');
  const eraseOne = async ({ order }: (typeof erasable)[number]) => {
    if (await eraseOrder(client, tables, order)) erased.add(order);
  };
  await workThrough(erasable, IN_FLIGHT, eraseOne, signal);
  return decided.map((each) => ({ ...each, isErased: erased.has(each.order) }));
}

type Item = Readonly<Record<string, AttributeValue>>;

const Order = z.object({ orderId: S, events: L(M({ headers: L(L(S)) })) });

const Letter = z.object({
  consumer: S,
  recordId: S,
  status: S,
  /** Of a poisoned record it can be anything. */
  key: B.optional(),
});

/**
 * What the tables hold of each order of a customer: two scans, of the orders and of the dead letters, and two requests an
 * order. All reads are consistent.
 *
 * @throws {OrderSystemError} `ORDER_UNREADABLE` for an order whose events tell no time
 */
export async function tracesOf(
  client: DynamoDBClient,
  tables: CustomerTables,
  customerId: string,
): Promise<readonly OrderTraces[]> {
  const orders = await ordersOf(client, tables.orders, customerId);
  const letters = orders.length === 0 ? new Map() : await lettersByKey(client, tables.deadLetters);
  const traces: OrderTraces[] = [];
  for (const { orderId, lastEventAt } of orders) {
    const [unpublished, shipment] = await Promise.all([
      rowsOf(client, tables.outbox, orderId),
      shipmentOf(client, tables.shipments, orderId),
    ]);
    traces.push({ orderId, lastEventAt, unpublished, shipment, letters: letters.get(orderId) ?? [] });
  }
  return traces;
}

/**
 * Deletes an order: the letters, the shipment, and last the order itself, by which another run would find the rest.
 *
 * @returns whether it is gone; not if a letter or the shipment has come into other hands since it was looked at
 */
export async function eraseOrder(
  client: DynamoDBClient,
  tables: CustomerTables,
  { orderId, letters }: OrderTraces,
): Promise<boolean> {
  const orderKey = { orderId: { S: orderId } };
  for (const { consumer, recordId } of letters) {
    const key = { consumer: { S: consumer }, recordId: { S: recordId } };
    const isGone = await deleteItem(client, tables.deadLetters, key, {
      ConditionExpression: 'attribute_not_exists(#status) OR #status <> :replaying',
      ExpressionAttributeNames: { '#status': 'status' },
      ExpressionAttributeValues: { ':replaying': { S: 'REPLAYING' } },
    });
    if (!isGone) return false;
  }
  const isShipmentGone = await deleteItem(client, tables.shipments, orderKey, {
    ConditionExpression: 'attribute_not_exists(awaitingCarrier)',
  });
  return isShipmentGone && (await deleteItem(client, tables.orders, orderKey, {}));
}

async function ordersOf(client: DynamoDBClient, table: string, customerId: string) {
  const pages = paginateScan(
    { client },
    {
      TableName: table,
      ConsistentRead: true,
      ProjectionExpression: 'orderId, events',
      FilterExpression: 'customerId = :customer',
      ExpressionAttributeValues: { ':customer': { S: customerId } },
    },
  );
  const orders = [];
  for await (const { Items = [] } of pages) orders.push(...Items.map(readOrder));
  return orders;
}

function readOrder(item: Item): Pick<OrderTraces, 'orderId' | 'lastEventAt'> {
  const { data } = Order.safeParse(item);
  const times = data?.events.map(({ headers }) => headers.find(([name]) => name === 'ce_time')?.[1] ?? '');
  const lastEventAt = Math.max(...(times ?? []).map((time) => Date.parse(time)));
  if (data === undefined || !Number.isFinite(lastEventAt)) {
    throw new OrderSystemError(
      'ORDER_UNREADABLE',
      `the order ${item.orderId?.S} has no events that tell a time`,
      {
        remedy: ['Nothing was erased. Look at the row in the table of orders.'],
      },
    );
  }
  return { orderId: data.orderId, lastEventAt };
}

/** Of the letters' keys those of records whose key is an order's id; one scan, since a letter isn't found by its key. */
async function lettersByKey(client: DynamoDBClient, table: string) {
  const letters = new Map<string, OrderTraces['letters'][number][]>();
  const pages = paginateScan(
    { client },
    {
      TableName: table,
      ConsistentRead: true,
      ProjectionExpression: 'consumer, recordId, #status, #key',
      FilterExpression: 'consumer <> :audit',
      ExpressionAttributeNames: { '#status': 'status', '#key': 'key' },
      ExpressionAttributeValues: { ':audit': { S: AUDIT } },
    },
  );
  for await (const { Items = [] } of pages) {
    for (const { key, consumer, recordId, status } of Items.map((item) => Letter.parse(item))) {
      const orderId = Buffer.from(key ?? []).toString('utf8');
      const letter = { consumer, recordId, isReplaying: status === 'REPLAYING' };
      letters.set(orderId, [...(letters.get(orderId) ?? []), letter]);
    }
  }
  return letters;
}

async function rowsOf(client: DynamoDBClient, table: string, orderId: string): Promise<number> {
  const pages = paginateQuery(
    { client },
    {
      TableName: table,
      ConsistentRead: true,
      Select: 'COUNT',
      KeyConditionExpression: 'orderId = :order',
      ExpressionAttributeValues: { ':order': { S: orderId } },
    },
  );
  let rows = 0;
  for await (const { Count = 0 } of pages) rows += Count;
  return rows;
}

async function shipmentOf(
  client: DynamoDBClient,
  table: string,
  orderId: string,
): Promise<OrderTraces['shipment']> {
  const { Item } = await client.send(
    new GetItemCommand({ TableName: table, Key: { orderId: { S: orderId } }, ConsistentRead: true }),
  );
  if (Item === undefined) return 'none';
  return Item.awaitingCarrier === undefined ? 'settled' : 'awaits a manifest';
}

async function deleteItem(
  client: DynamoDBClient,
  table: string,
  key: Item,
  condition: Pick<
    DeleteItemCommand['input'],
    'ConditionExpression' | 'ExpressionAttributeNames' | 'ExpressionAttributeValues'
  >,
): Promise<boolean> {
  try {
    await client.send(new DeleteItemCommand({ TableName: table, Key: key, ...condition }));
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}
