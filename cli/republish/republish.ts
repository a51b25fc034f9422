import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { workThrough } from '../work-through.ts';
import { type Item, type StoredEvents, storedEvents } from './stored-events.ts';

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
    await workThrough(orders, IN_FLIGHT, signal, async (order) => {
      done.orders += 1;
      done.events += order.rows.length;
      done.bytes += order.bytes;
      if (order.placedAt < ports.rememberedSince) done.forgotten += 1;
      await writeRows(order.rows, done, ports, signal);
    });
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
