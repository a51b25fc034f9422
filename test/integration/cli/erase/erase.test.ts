import { DeleteItemCommand, type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { eraseCustomer, eraseOrder, ON_TOPIC_MS, tracesOf } from '../../../../cli/erase/erase.ts';
import { CustomerId } from '../../../../functions/orders/ids.ts';
import { toOrderItem } from '../../../../functions/outbox/order-store.ts';
import { toOutboxItem } from '../../../../functions/outbox/row.ts';
import { AWAITING_CARRIER, MANIFEST_ID } from '../../../../functions/shipping/shipments.ts';
import { outboxTable, scan, testClient, testTable } from '../../../support/dynamodb.ts';
import { testEngines } from '../../../support/engines.ts';
import { anOrder } from '../../../support/orders.ts';
import { cancelledRow, placedRow } from '../../../support/outbox-rows.ts';

const EVENTS_AT = Date.parse('2026-03-01T13:00:00.000Z');
const forgotten = EVENTS_AT + ON_TOPIC_MS;

describe.each(['ministack', 'dynamodbLocal'] as const)('erasing a customer, on %s', (engine) => {
  async function world() {
    const client = testClient(testEngines()[engine]);
    const [orders, outbox, shipments, deadLetters] = await Promise.all([
      testTable(client, { hash: 'orderId' }),
      outboxTable(client),
      testTable(client, { hash: 'orderId' }),
      testTable(client, { hash: 'consumer', range: { name: 'recordId', type: 'S' } }),
    ]);
    const tables = { orders, outbox, shipments, deadLetters };
    const put = (TableName: string, Item: PutItemCommand['input']['Item']) =>
      client.send(new PutItemCommand({ TableName, Item }));
    /** An order as it is left when it was shipped, with a letter of each status given. */
    const order = async (key: string, customerId: string, statuses: readonly string[] = []) => {
      const stored = { ...anOrder(key), customerId: CustomerId.parse(customerId) };
      const events = [placedRow(key).event, cancelledRow(key).event];
      await put(orders, toOrderItem({ order: stored, events }));
      const shipment = { status: { S: 'LABEL_CREATED' }, [MANIFEST_ID]: { S: 'm1' } };
      await put(shipments, { orderId: { S: stored.orderId }, ...shipment });
      for (const status of statuses) {
        await put(deadLetters, letterItem(`${key}-${status}`, stored.orderId, status));
      }
      return stored.orderId;
    };
    const erase = (customerId: string, execute: boolean, now = forgotten) =>
      eraseCustomer(client, tables, customerId, { execute, now }, new AbortController().signal);
    return { client, tables, put, order, erase };
  }

  it('deletes all that the tables hold of its orders, and nothing of others', async () => {
    const { client, tables, put, order, erase } = await world();
    const own = [await order('a', 'c-1', ['OPEN', 'DISCARDED']), await order('b', 'c-1')];
    const other = await order('c', 'c-2', ['OPEN']);
    await put(tables.deadLetters, { consumer: { S: 'audit' }, recordId: { S: 'run-1' } });
    await put(tables.deadLetters, { ...letterItem('poison', '', 'OPEN'), key: { B: Buffer.from([0xff]) } });

    const before = await left(client, tables);
    expect((await erase('c-1', false)).map(({ decision }) => decision.kind)).toEqual(['erase', 'erase']);
    expect(await left(client, tables)).toEqual(before);

    const verdicts = await erase('c-1', true);
    expect(verdicts.map(({ order: { orderId }, isErased }) => [orderId, isErased]).toSorted()).toEqual(
      own.map((orderId) => [orderId, true]).toSorted(),
    );
    expect(await left(client, tables)).toEqual({
      orders: [other],
      shipments: [other],
      letters: ['c-OPEN', 'poison', 'run-1'],
    });
    expect(await erase('c-1', true)).toEqual([]);
  });

  it('leaves what the topic may hold, what is unpublished, and what awaits its manifest', async () => {
    const { client, tables, put, order, erase } = await world();
    const [young, unpublished, awaiting] = [
      await order('a', 'c-1'),
      await order('b', 'c-2'),
      await order('c', 'c-3'),
    ];
    await put(tables.outbox, toOutboxItem(cancelledRow('b')));
    await put(tables.shipments, { orderId: { S: awaiting }, [AWAITING_CARRIER]: { S: 'northmail' } });
    const before = await left(client, tables);
    const verdicts = [
      await erase('c-1', true, forgotten - 1),
      await erase('c-2', true),
      await erase('c-3', true),
    ].flat();
    expect(verdicts.map(({ order: { orderId }, decision }) => [orderId, decision])).toEqual([
      [young, { kind: 'wait', why: 'on the topic', until: forgotten }],
      [unpublished, { kind: 'wait', why: 'unpublished' }],
      [awaiting, { kind: 'wait', why: 'no manifest yet' }],
    ]);
    expect(await left(client, tables)).toEqual(before);
  });

  it('keeps an order whose letter is replayed since it was looked at', async () => {
    const { client, tables, put, order } = await world();
    const orderId = await order('a', 'c-1', ['OPEN']);
    const [traces] = await tracesOf(client, tables, 'c-1');
    await put(tables.deadLetters, letterItem('a-OPEN', orderId, 'REPLAYING'));
    expect(traces && (await eraseOrder(client, tables, traces))).toBe(false);
    expect(await left(client, tables)).toEqual({
      orders: [orderId],
      shipments: [orderId],
      letters: ['a-OPEN'],
    });
  });

  it('finds the rest of an order that a killed run has begun to erase', async () => {
    const { client, tables, order, erase } = await world();
    const orderId = await order('a', 'c-1', ['OPEN']);
    await client.send(
      new DeleteItemCommand({ TableName: tables.shipments, Key: { orderId: { S: orderId } } }),
    );
    expect((await erase('c-1', true)).map(({ isErased }) => isErased)).toEqual([true]);
    expect(await left(client, tables)).toEqual({ orders: [], shipments: [], letters: [] });
  });

  it('erases nothing where an order can’t be read', async () => {
    const { client, tables, put, order, erase } = await world();
    await order('a', 'c-1');
    await put(tables.orders, { orderId: { S: 'ord_odd' }, customerId: { S: 'c-1' } });
    const before = await left(client, tables);
    await expect(erase('c-1', true)).rejects.toMatchObject({ code: 'ORDER_UNREADABLE' });
    expect(await left(client, tables)).toEqual(before);
  });
});

function letterItem(recordId: string, key: string, status: string) {
  return {
    consumer: { S: 'email-service' },
    recordId: { S: recordId },
    key: { B: Buffer.from(key) },
    status: { S: status },
  };
}

async function left(
  client: DynamoDBClient,
  { orders, shipments, deadLetters }: Record<'orders' | 'shipments' | 'deadLetters', string>,
) {
  const ids = async (table: string, name: string) =>
    (await scan(client, table)).map((item) => item[name]?.S).toSorted();
  return {
    orders: await ids(orders, 'orderId'),
    shipments: await ids(shipments, 'orderId'),
    letters: await ids(deadLetters, 'recordId'),
  };
}
