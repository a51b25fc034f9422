import { BatchGetItemCommand, type DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import type { Item } from './stored-events.ts';

/** Which orders: those named, or all that were placed in a time; both ends belong to it. */
export type Selection =
  | { readonly kind: 'named'; readonly orderIds: readonly string[] }
  /** ISO 8601 in UTC with milliseconds, as the table has it. */
  | { readonly kind: 'placed'; readonly since?: string | undefined; readonly until?: string | undefined };

const KEYS_PER_REQUEST = 100;
const ATTRIBUTES = 'orderId, placedAt, events';

/** The chosen items of the table of orders, page by page, in no order. */
export function chosenOrders(
  client: DynamoDBClient,
  table: string,
  selection: Selection,
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
