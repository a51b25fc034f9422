import { type DynamoDBClient, paginateScan, QueryCommand } from '@aws-sdk/client-dynamodb';
import { IN_REAL_TIME, type Timing } from '../backoff.ts';
import { deleteItems, type Item, readItems, type StatementError, type Table } from '../dynamodb.ts';
import { OrderlyError } from '../errors.ts';
import type { OrderId } from '../orders/ids.ts';
import { fromOutboxItem, type OutboxKey, type OutboxRow, toOutboxKey } from '../outbox/row.ts';

/** The outbox table, as the relay needs it. Reads are consistent; a row that is not returned is gone, that is, published. */
export interface Outbox {
  /** The first event of each of distinct orders, as far as it is unpublished; and the orders whose row can't be read. */
  readFirstEvents(orderIds: readonly OrderId[]): Promise<{
    readonly rows: readonly OutboxRow[];
    readonly unreadable: readonly OrderId[];
  }>;
  /** All unpublished events of an order, in seq order; rejects with `OUTBOX_ROW_INVALID` if one of them can't be read. */
  readOrder(orderId: OrderId): Promise<readonly OutboxRow[]>;
  /** Deletes distinct rows; one that is gone already is no error. */
  delete(keys: readonly OutboxKey[]): Promise<void>;
}

/** A part of the outbox table. */
export interface OutboxPage {
  readonly rows: readonly OutboxRow[];
  /** How many rows of the page can't be read, and so never be published. */
  readonly unreadable: number;
}

/**
 * The outbox table in DynamoDB. What a batch left undone is asked again, never taken for done or gone.
 *
 * Methods throw the `StatementError` of a row that could not be read or deleted in time.
 */
export function dynamoDbOutbox(client: DynamoDBClient, name: string, timing: Timing = IN_REAL_TIME): Outbox {
  const table: Table = { client, name, key: 'orderId', sortKey: 'seq', timing };
  return {
    async readFirstEvents(orderIds) {
      const results = await readItems(
        table,
        orderIds.map((orderId) => toOutboxKey({ orderId, seq: 1 })),
      );
      const items: Item[] = [];
      for (const result of results.values()) {
        if (result.kind === 'failed') throw result.error;
        if (result.kind === 'found') items.push(result.item);
      }
      const { rows, unreadable } = readable(items);
      const broken = new Set(unreadable.map(({ orderId }) => orderId?.S));
      return { rows, unreadable: orderIds.filter((orderId) => broken.has(orderId)) };
    },

    async readOrder(orderId) {
      const rows: OutboxRow[] = [];
      let startKey: Item | undefined;
      do {
        const page = await client.send(
          new QueryCommand({
            TableName: name,
            KeyConditionExpression: 'orderId = :orderId',
            ExpressionAttributeValues: { ':orderId': { S: orderId } },
            ConsistentRead: true,
            ExclusiveStartKey: startKey,
          }),
        );
        rows.push(...(page.Items ?? []).map(fromOutboxItem));
        startKey = page.LastEvaluatedKey;
      } while (startKey !== undefined);
      return rows;
    },

    async delete(keys) {
      const [error]: StatementError[] = [...(await deleteItems(table, keys.map(toOutboxKey))).values()];
      if (error !== undefined) throw error;
    },
  };
}

/** As many rows as a batch of the stream has at most, so that a page is no more work. */
const PAGE_ROWS = 100;

/** The whole outbox table, read consistently, page by page. */
export async function* outboxPages(client: DynamoDBClient, table: string): AsyncGenerator<OutboxPage> {
  for await (const page of paginateScan(
    { client, pageSize: PAGE_ROWS },
    { TableName: table, ConsistentRead: true },
  )) {
    const { rows, unreadable } = readable(page.Items ?? []);
    yield { rows, unreadable: unreadable.length };
  }
}

/** One row that can't be read holds up none of those that were read with it. */
function readable(items: readonly Item[]): { rows: readonly OutboxRow[]; unreadable: readonly Item[] } {
  const rows: OutboxRow[] = [];
  const unreadable: Item[] = [];
  for (const item of items) {
    try {
      rows.push(fromOutboxItem(item));
    } catch (error) {
      if (!(error instanceof OrderlyError)) throw error;
      unreadable.push(item);
    }
  }
  return { rows, unreadable };
}
