import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  type DynamoDBClient,
  type KeysAndAttributes,
  PutItemCommand,
  type WriteRequest,
} from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { IN_REAL_TIME } from '../../../../functions/backoff.ts';
import { type OutboxRow, toOutboxItem } from '../../../../functions/outbox/row.ts';
import { dynamoDbOutbox } from '../../../../functions/relay/dynamodb-outbox.ts';
import { outboxTable, scan, sentCommands, testClient } from '../../../support/dynamodb.ts';
import { testEngines } from '../../../support/engines.ts';
import { cancelledRow, placedRow } from '../../../support/outbox-rows.ts';

async function outbox(endpoint: string, rows: readonly OutboxRow[]) {
  const client = testClient(endpoint);
  const table = await outboxTable(client);
  await Promise.all(
    rows.map((row) => client.send(new PutItemCommand({ TableName: table, Item: toOutboxItem(row) }))),
  );
  return { client, table, store: dynamoDbOutbox(client, table) };
}

const keys = (rows: readonly OutboxRow[]) => rows.map(({ orderId, seq }) => `${orderId}.${seq}`).toSorted();

/** DynamoDB as it is when it is busy: it does the first of a batch and hands the rest back. Local engines never do. */
function oneAtATime(client: DynamoDBClient): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      const items: Record<string, KeysAndAttributes | WriteRequest[]> =
        ('RequestItems' in args.input && args.input.RequestItems) || {};
      const [table = '', asked] = Object.entries(items)[0] ?? [];
      if (asked === undefined) return await next(args);
      const [first, rest] = split(asked);
      Object.assign(args.input, { RequestItems: { [table]: first } });
      const result = await next(args);
      const left = rest === undefined ? {} : { [table]: rest };
      Object.assign(
        result.output,
        Array.isArray(asked) ? { UnprocessedItems: left } : { UnprocessedKeys: left },
      );
      return result;
    },
    { step: 'initialize' },
  );
}

function split(asked: KeysAndAttributes | WriteRequest[]) {
  if (Array.isArray(asked)) return [asked.slice(0, 1), asked.length > 1 ? asked.slice(1) : undefined];
  const { Keys: keys = [], ...rest } = asked;
  const after = keys.length > 1 ? { ...rest, Keys: keys.slice(1) } : undefined;
  return [{ ...rest, Keys: keys.slice(0, 1) }, after];
}

describe.each(['ministack', 'dynamodbLocal'] as const)('the outbox on %s', (engine) => {
  const a = placedRow('a');
  const cancelledA = cancelledRow('a');
  const b = placedRow('b');

  it('reads first events with one request, as far as they are there', async () => {
    const { client, store } = await outbox(testEngines()[engine], [a, cancelledA]);
    const sent = sentCommands(client);
    expect(await store.readFirstEvents([a.orderId, b.orderId])).toEqual({ rows: [a], unreadable: [] });
    expect(sent).toEqual([BatchGetItemCommand.name]);
  });

  it('reads the other first events beside a row that can’t be read', async () => {
    const { client, table, store } = await outbox(testEngines()[engine], [a]);
    const { key: _key, ...broken } = toOutboxItem(b);
    await client.send(new PutItemCommand({ TableName: table, Item: broken }));
    expect(await store.readFirstEvents([b.orderId, a.orderId])).toEqual({
      rows: [a],
      unreadable: [b.orderId],
    });
    await expect(store.readOrder(b.orderId)).rejects.toMatchObject({ code: 'OUTBOX_ROW_INVALID' });
  });

  it('reads an order in seq order, header by header', async () => {
    const { store } = await outbox(testEngines()[engine], [cancelledA, b, a]);
    const rows = await store.readOrder(a.orderId);
    expect(rows).toEqual([a, cancelledA]);
    expect(rows.map(({ event }) => Object.keys(event.headers))).toEqual(
      [a, cancelledA].map(({ event }) => Object.keys(event.headers)),
    );
  });

  it('reads an order of more than a page', async () => {
    const { event: small, orderId } = placedRow('a');
    const event = { ...small, value: new Uint8Array(60_000) };
    const rows = Array.from({ length: 20 }, (_, index): OutboxRow => ({ orderId, seq: index + 1, event }));
    const { client, store } = await outbox(testEngines()[engine], rows);
    const sent = sentCommands(client);
    expect((await store.readOrder(orderId)).map(({ seq }) => seq)).toEqual(rows.map(({ seq }) => seq));
    expect(sent.length).toBeGreaterThan(1);
  });

  it('deletes rows, also those that are gone', async () => {
    const { client, table, store } = await outbox(testEngines()[engine], [a, cancelledA, b]);
    const sent = sentCommands(client);
    await store.delete([a, cancelledA]);
    await store.delete([a]);
    expect(sent).toEqual([BatchWriteItemCommand.name, BatchWriteItemCommand.name]);
    expect(await scan(client, table)).toEqual([toOutboxItem(b)]);
  });

  it('asks for unprocessed keys again, and takes none for gone', async () => {
    const rows = ['a', 'b', 'c', 'd'].map((key) => placedRow(key));
    const { client, table, store } = await outbox(testEngines()[engine], rows);
    oneAtATime(client);
    const read = await store.readFirstEvents(rows.map(({ orderId }) => orderId));
    expect(keys(read.rows)).toEqual(keys(rows));
    await store.delete(rows);
    expect(await scan(client, table)).toEqual([]);
  });

  it('says so when keys stay unprocessed', async () => {
    const rows = Array.from({ length: 9 }, (_, index) => placedRow(`k${index}`));
    const { client, table } = await outbox(testEngines()[engine], rows);
    oneAtATime(client);
    const soon = { ...IN_REAL_TIME, timeout: () => AbortSignal.timeout(50) };
    const store = dynamoDbOutbox(client, table, soon);
    const throttled = expect.objectContaining({ retriable: true });
    await expect(store.readFirstEvents(rows.map(({ orderId }) => orderId))).rejects.toEqual(throttled);
    await expect(store.delete(rows)).rejects.toEqual(throttled);
  });
});
