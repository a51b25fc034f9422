import { randomUUID } from 'node:crypto';
import {
  CreateTableCommand,
  DeleteTableCommand,
  DynamoDBClient,
  paginateScan,
} from '@aws-sdk/client-dynamodb';
import { onTestFinished } from 'vitest';
import type { Item } from '../../functions/outbox/row.ts';

/** A client of a local engine. */
export function engineClient(endpoint: string): DynamoDBClient {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  return new DynamoDBClient({ endpoint, region: 'us-east-1', credentials });
}

/** A client of one of the test engines; closed when the test ends. */
export function testClient(endpoint: string): DynamoDBClient {
  const client = engineClient(endpoint);
  onTestFinished(() => client.destroy());
  return client;
}

/** A table of a name of its own, deleted when the test ends. Keys are strings unless said otherwise. */
export async function testTable(
  client: DynamoDBClient,
  keys: {
    hash: string;
    range?: { name: string; type: 'S' | 'N' };
    /** A global secondary index that has its keys alone. */
    index?: { name: string; hash: string; range: string };
  },
): Promise<string> {
  const name = `test-${randomUUID()}`;
  const { hash, range, index } = keys;
  await client.send(
    new CreateTableCommand({
      TableName: name,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: hash, AttributeType: 'S' },
        ...(range ? [{ AttributeName: range.name, AttributeType: range.type }] : []),
        ...(index ? [index.hash, index.range] : []).map((key) => ({
          AttributeName: key,
          AttributeType: 'S' as const,
        })),
      ],
      KeySchema: [
        { AttributeName: hash, KeyType: 'HASH' },
        ...(range ? [{ AttributeName: range.name, KeyType: 'RANGE' as const }] : []),
      ],
      ...(index && {
        GlobalSecondaryIndexes: [
          {
            IndexName: index.name,
            KeySchema: [
              { AttributeName: index.hash, KeyType: 'HASH' },
              { AttributeName: index.range, KeyType: 'RANGE' },
            ],
            Projection: { ProjectionType: 'KEYS_ONLY' },
          },
        ],
      }),
    }),
  );
  // Runs before the client is destroyed: what is registered last ends first.
  onTestFinished(async () => {
    await client.send(new DeleteTableCommand({ TableName: name }));
  });
  return name;
}

/** An empty outbox table, without its stream. */
export function outboxTable(client: DynamoDBClient): Promise<string> {
  return testTable(client, { hash: 'orderId', range: { name: 'seq', type: 'N' } });
}

/** All items of a table. */
export async function scan(client: DynamoDBClient, table: string): Promise<Item[]> {
  const items: Item[] = [];
  for await (const page of paginateScan({ client }, { TableName: table, ConsistentRead: true })) {
    items.push(...(page.Items ?? []));
  }
  return items;
}

/** Names of the commands that a client sends from now on, in order. */
export function sentCommands(client: DynamoDBClient): string[] {
  const names: string[] = [];
  client.middlewareStack.add(
    (next, context) => (args) => {
      names.push(String(context.commandName));
      return next(args);
    },
    { step: 'build' },
  );
  return names;
}
