import {
  BatchGetItemCommand,
  type BatchGetItemCommandInput,
  type BatchGetItemCommandOutput,
  BatchWriteItemCommand,
  type BatchWriteItemCommandInput,
  type BatchWriteItemCommandOutput,
  type DynamoDBClient,
  paginateScan,
  QueryCommand,
} from '@aws-sdk/client-dynamodb';
import { type Backoff, fullJitter, type Waiting } from '../backoff.ts';
import { OrderlyError } from '../errors.ts';
import { fromOutboxItem, type Item, type OutboxRow, toOutboxKey } from '../outbox/row.ts';
import type { OutboxPage, OutboxStore } from './outbox-store.ts';

/** Unprocessed keys are asked for 8 times within some 3 seconds; then the orders wait for the next invocation. */
const ATTEMPTS = 8;
const BACKOFF: Backoff = { baseMs: 25, capMs: 1_000 };

/**
 * The outbox table in DynamoDB. What a batch left unprocessed is asked again, never taken for done or gone.
 *
 * Methods throw `OrderlyError` `OUTBOX_THROTTLED` when DynamoDB leaves keys unprocessed for too long.
 */
export function dynamoDbOutbox(client: DynamoDBClient, table: string, waiting: Waiting): OutboxStore {
  return {
    async readFirstEvents(orderIds) {
      const items: Item[] = [];
      const keys = orderIds.map((orderId) => toOutboxKey({ orderId, seq: 1 }));
      let unread: BatchGetItemCommandInput['RequestItems'] = {
        [table]: { Keys: keys, ConsistentRead: true },
      };
      for (let attempt = 1; hasEntries(unread); attempt++) {
        const answer: BatchGetItemCommandOutput = await client.send(
          new BatchGetItemCommand({ RequestItems: unread }),
        );
        items.push(...(answer.Responses?.[table] ?? []));
        unread = answer.UnprocessedKeys;
        if (hasEntries(unread)) await beforeRepetition(attempt, waiting);
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
            TableName: table,
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
      const requests = keys.map((key) => ({ DeleteRequest: { Key: toOutboxKey(key) } }));
      let undone: BatchWriteItemCommandInput['RequestItems'] = { [table]: requests };
      for (let attempt = 1; hasEntries(undone); attempt++) {
        const answer: BatchWriteItemCommandOutput = await client.send(
          new BatchWriteItemCommand({ RequestItems: undone }),
        );
        undone = answer.UnprocessedItems;
        if (hasEntries(undone)) await beforeRepetition(attempt, waiting);
      }
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

function hasEntries(byTable: object | undefined): boolean {
  return byTable !== undefined && Object.keys(byTable).length > 0;
}

async function beforeRepetition(attempt: number, { sleep, random }: Waiting): Promise<void> {
  if (attempt >= ATTEMPTS) {
    throw new OrderlyError('OUTBOX_THROTTLED', 'DynamoDB left keys of the outbox unprocessed', {
      retriable: true,
    });
  }
  await sleep(fullJitter(BACKOFF, attempt, random));
}
