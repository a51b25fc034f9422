/**
 * Publishes the events that orders keep once more: which orders, their events as rows of the outbox, and the rows written
 * there for the relay. Attributes are moved as they stand in the table, never decoded, so an event that is published again
 * has the bytes that it had.
 *
 *     order    orderId S   placedAt S   events L of M {key S, value B, headers L of L [name S, value S]}
 *     outbox   orderId S   seq N        key S, value B, headers L of L [name S, value S]
 */
import {
  type AttributeValue,
  BatchGetItemCommand,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  PutItemCommand,
  paginateScan,
} from '@aws-sdk/client-dynamodb';
import { workThrough } from '../work-through.ts';

export type Item = Readonly<Record<string, AttributeValue>>;

/** Which orders: those named, or all that were placed in a time; both ends belong to it. */
export type OrderSelection =
  | { readonly kind: 'named'; readonly orderIds: readonly string[] }
  /** ISO 8601 in UTC with milliseconds, as the table has it. */
  | { readonly kind: 'placed'; readonly since?: string | undefined; readonly until?: string | undefined };

const KEYS_PER_REQUEST = 100;
const ATTRIBUTES = 'orderId, placedAt, events';

/** The chosen items of the table of orders, page by page, in no order. */
export function chosenOrders(
  client: DynamoDBClient,
  table: string,
  selection: OrderSelection,
): AsyncGenerator<readonly Item[]> {
  return selection.kind === 'named'
    ? named(client, table, [...new Set(selection.orderIds)])
    : placed(client, table, selection);
}

async function* named(
  client: DynamoDBClient,
  table: string,
  orderIds: readonly string[],
): AsyncGenerator<readonly Item[]> {
  let keys: readonly Item[] = orderIds.map((orderId) => ({ orderId: { S: orderId } }));
  while (keys.length > 0) {
    const asked = {
      Keys: keys.slice(0, KEYS_PER_REQUEST),
      ConsistentRead: true,
      ProjectionExpression: ATTRIBUTES,
    };
    const { Responses, UnprocessedKeys } = await client.send(
      new BatchGetItemCommand({ RequestItems: { [table]: asked } }),
    );
    yield Responses?.[table] ?? [];
    keys = [...(UnprocessedKeys?.[table]?.Keys ?? []), ...keys.slice(KEYS_PER_REQUEST)];
  }
}

async function* placed(
  client: DynamoDBClient,
  table: string,
  { since, until }: { readonly since?: string | undefined; readonly until?: string | undefined },
): AsyncGenerator<readonly Item[]> {
  const conditions = [...(since ? ['placedAt >= :since'] : []), ...(until ? ['placedAt <= :until'] : [])];
  const pages = paginateScan(
    { client },
    {
      TableName: table,
      ConsistentRead: true,
      ProjectionExpression: ATTRIBUTES,
      ...(conditions.length > 0 && {
        FilterExpression: conditions.join(' AND '),
        ExpressionAttributeValues: {
          ...(since && { ':since': { S: since } }),
          ...(until && { ':until': { S: until } }),
        },
      }),
    },
  );
  for await (const page of pages) yield page.Items ?? [];
}

/** An order's events in the order in which they happened: `seq` counts from 1. */
export interface StoredEvents {
  readonly orderId: string;
  /** ISO 8601 in UTC. */
  readonly placedAt: string;
  readonly rows: readonly Item[];
  /** Of the events' values. */
  readonly bytes: number;
}

/** `undefined` if the item is no order with events of its own: each has to carry its order's id and its own seq. */
export function storedEvents(item: Item): StoredEvents | undefined {
  const orderId = item.orderId?.S;
  const placedAt = item.placedAt?.S;
  const events = item.events?.L ?? [];
  if (orderId === undefined || placedAt === undefined || events.length === 0) return undefined;
  let bytes = 0;
  const rows: Item[] = [];
  for (const { M: event = {} } of events) {
    const { key, value, headers } = event;
    const seq = rows.length + 1;
    if (key?.S !== orderId || value?.B === undefined || eventIdOf(headers) !== `${orderId}.${seq}`) {
      return undefined;
    }
    bytes += value.B.length;
    rows.push({ ...event, orderId: { S: orderId }, seq: { N: String(seq) } });
  }
  return { orderId, placedAt, rows, bytes };
}

function eventIdOf(headers: AttributeValue | undefined): string | undefined {
  return headers?.L?.find(({ L: pair }) => pair?.[0]?.S === 'ce_id')?.L?.[1]?.S;
}

/** What was found, and what was done with it. */
export interface Republished {
  orders: number;
  events: number;
  /** Of the events' values. */
  bytes: number;
  /** Events that were put into the outbox. */
  written: number;
  /** Events that stood in the outbox already. */
  waiting: number;
  /** Orders so old that consumers may have forgotten what they did for them. */
  forgotten: number;
  /** Orders whose events can't be used. */
  readonly unreadable: string[];
}

export interface RepublishPorts {
  readonly client: DynamoDBClient;
  /** Name of the outbox table; `undefined`: nothing is written. */
  readonly outbox: string | undefined;
  /** Orders placed before this are `forgotten`; ISO 8601 in UTC. */
  readonly rememberedSince: string;
  /** Resolves when the next event may be written. */
  readonly pace: (signal: AbortSignal) => Promise<void>;
  /** Hears of the figures after each page of orders. */
  readonly progress: (soFar: Republished) => void;
}

/** Orders that are at work at once. */
const IN_FLIGHT = 10;

/**
 * Puts the events of orders into the outbox again, whose relay publishes them.
 *
 * An order's rows are written one after the other: the relay publishes what it finds of an order, so a later row must
 * not be there before an earlier one. A row that is there already is left alone, since it holds the same bytes. A run
 * that was ended in the middle is run again; what it has written is published twice then, which consumers absorb.
 *
 *     row 1 written ──> row 2 written        relay:  1, 2  or  1 | 2   never  2 | 1
 */
export async function republish(
  pages: AsyncIterable<readonly Item[]>,
  ports: RepublishPorts,
  signal: AbortSignal,
): Promise<Republished> {
  const done: Republished = {
    orders: 0,
    events: 0,
    bytes: 0,
    written: 0,
    waiting: 0,
    forgotten: 0,
    unreadable: [],
  };
  for await (const page of pages) {
    const orders: StoredEvents[] = [];
    for (const item of page) {
      const order = storedEvents(item);
      if (order === undefined) done.unreadable.push(item.orderId?.S ?? '');
      else orders.push(order);
    }
    const republishOne = async (order: StoredEvents) => {
      done.orders += 1;
      done.events += order.rows.length;
      done.bytes += order.bytes;
      if (order.placedAt < ports.rememberedSince) done.forgotten += 1;
      await writeRows(order.rows, done, ports, signal);
    };
    await workThrough(orders, IN_FLIGHT, republishOne, signal);
    if (signal.aborted) break;
    ports.progress(done);
  }
  return done;
}

async function writeRows(
  rows: readonly Item[],
  done: Republished,
  { client, outbox, pace }: RepublishPorts,
  signal: AbortSignal,
): Promise<void> {
  if (outbox === undefined) return;
  for (const row of rows) {
    await pace(signal);
    if (signal.aborted) return;
    if (await isNew(client, outbox, row)) done.written += 1;
    else done.waiting += 1;
  }
}

async function isNew(client: DynamoDBClient, table: string, row: Item): Promise<boolean> {
  try {
    await client.send(
      new PutItemCommand({
        TableName: table,
        Item: row,
        ConditionExpression: 'attribute_not_exists(orderId)',
      }),
    );
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}
