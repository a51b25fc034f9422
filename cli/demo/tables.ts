import {
  type AttributeValue,
  BatchGetItemCommand,
  DynamoDBClient,
  GetItemCommand,
  paginateScan,
} from '@aws-sdk/client-dynamodb';
import type { SalesObservation } from './verdict.ts';

/** The tables of the order system, read from outside. */
export interface TablesWitness {
  /** Whether the table has a row for the order. */
  hasOrder(table: string, orderId: string): Promise<boolean>;
  /** `status` of every row by order id; `CANCELLED_TOO_LATE` where a shipment has that recorded. */
  statuses(table: string): Promise<ReadonlyMap<string, string>>;
  rows(table: string): Promise<number>;
  /** All that the table of sales adds up to, whatever the day and the currency. */
  sales(table: string): Promise<SalesObservation>;
  /** Dead letters by `<consumer> <reason> <status>`; rows that tell of runs are none. */
  letters(table: string): Promise<ReadonlyMap<string, number>>;
  /** How many of the keys have a row whose `status` is the one given. */
  withStatus(table: string, keyName: string, keys: readonly string[], status: string): Promise<number>;
  close(): void;
}

/** Opens the tables of an engine; reads are consistent. */
export function tablesWitness(endpoint: string, region: string): TablesWitness {
  const client = new DynamoDBClient({
    endpoint,
    region,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  const scan = async function* (table: string): AsyncGenerator<Record<string, AttributeValue>> {
    const query = {
      TableName: table,
      ConsistentRead: true,
      ProjectionExpression: 'orderId, #status, cancelledTooLateAt',
      ExpressionAttributeNames: { '#status': 'status' },
    };
    for await (const page of paginateScan({ client }, query)) yield* page.Items ?? [];
  };
  return {
    async hasOrder(table, orderId) {
      const key = { orderId: { S: orderId } };
      const { Item } = await client.send(
        new GetItemCommand({
          TableName: table,
          Key: key,
          ConsistentRead: true,
          ProjectionExpression: 'orderId',
        }),
      );
      return Item !== undefined;
    },
    async statuses(table) {
      const statuses = new Map<string, string>();
      for await (const { orderId, status, cancelledTooLateAt } of scan(table)) {
        statuses.set(orderId?.S ?? '', cancelledTooLateAt ? 'CANCELLED_TOO_LATE' : (status?.S ?? ''));
      }
      return statuses;
    },
    async rows(table) {
      let rows = 0;
      for await (const page of paginateScan(
        { client },
        { TableName: table, ConsistentRead: true, Select: 'COUNT' },
      )) {
        rows += page.Count ?? 0;
      }
      return rows;
    },
    async sales(table) {
      const sums = { orders: 0, cancellations: 0, revenue: 0, cancelled: 0 };
      for await (const page of paginateScan({ client }, { TableName: table, ConsistentRead: true })) {
        for (const row of page.Items ?? []) {
          sums.orders += Number(row.orders?.N ?? 0);
          sums.cancellations += Number(row.cancellations?.N ?? 0);
          sums.revenue += Number(row.revenue?.N ?? 0);
          sums.cancelled += Number(row.cancelled?.N ?? 0);
        }
      }
      return sums;
    },
    async letters(table) {
      const letters = new Map<string, number>();
      const query = { TableName: table, ConsistentRead: true };
      for await (const page of paginateScan({ client }, query)) {
        for (const { consumer, reason, status } of page.Items ?? []) {
          if (reason === undefined) continue;
          const kind = [consumer?.S, reason.S, status?.S].join(' ');
          letters.set(kind, (letters.get(kind) ?? 0) + 1);
        }
      }
      return letters;
    },
    async withStatus(table, keyName, keys, status) {
      const { Responses } = await client.send(
        new BatchGetItemCommand({
          RequestItems: {
            [table]: { ConsistentRead: true, Keys: keys.map((key) => ({ [keyName]: { S: key } })) },
          },
        }),
      );
      return (Responses?.[table] ?? []).filter((row) => row.status?.S === status).length;
    },
    close: () => client.destroy(),
  };
}
