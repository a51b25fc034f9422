import { type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { chosenOrders, type OrderSelection, republish } from '../../../../cli/republish/republish.ts';
import { toOrderItem } from '../../../../functions/outbox/order-store.ts';
import { type Item, toOutboxItem } from '../../../../functions/outbox/row.ts';
import { outboxTable, scan, testClient, testTable } from '../../../support/dynamodb.ts';
import { testEngines } from '../../../support/engines.ts';
import { anOrder } from '../../../support/orders.ts';
import { cancelledRow, placedRow } from '../../../support/outbox-rows.ts';

const all: OrderSelection = { kind: 'placed' };
const keys = Array.from({ length: 120 }, (_, index) => `k${index}`);
const rowsOf = (key: string, index: number) =>
  index % 3 === 0 ? [placedRow(key), cancelledRow(key)] : [placedRow(key)];
const rows = keys.flatMap(rowsOf);

/** Tables with the orders of these rows, the n-th placed in minute n of an hour, and an empty outbox. */
async function tables(client: DynamoDBClient) {
  const [orders, outbox] = await Promise.all([testTable(client, { hash: 'orderId' }), outboxTable(client)]);
  await Promise.all(
    keys.map((key, index) => {
      const stored = rowsOf(key, index);
      const order = { ...anOrder(key), seq: stored.length, placedAt: minute(index) };
      const item = toOrderItem({ order, events: stored.map(({ event }) => event) });
      return client.send(new PutItemCommand({ TableName: orders, Item: item }));
    }),
  );
  return { orders, outbox };
}

const minute = (n: number) => new Date(Date.UTC(2026, 2, 1, 12, n)).toISOString();
const idOf = ({ orderId, seq }: Item) => `${orderId?.S}.${seq?.N}`;
const sorted = (items: readonly Item[]) =>
  items.toSorted((one, other) => idOf(one).localeCompare(idOf(other)));

describe.each(['ministack', 'dynamodbLocal'] as const)('republish on %s', (engine) => {
  async function world() {
    const client = testClient(testEngines()[engine]);
    const { orders, outbox } = await tables(client);
    const written: string[] = [];
    client.middlewareStack.add(
      (next, { commandName }) =>
        async (args) => {
          const item = 'Item' in args.input ? args.input.Item : undefined;
          if (commandName === 'PutItemCommand' && item !== undefined) written.push(idOf(item));
          return next(args);
        },
      { step: 'initialize' },
    );
    const run = (selection: OrderSelection, execute: boolean, signal = new AbortController().signal) =>
      republish(
        chosenOrders(client, orders, selection),
        {
          client,
          outbox: execute ? outbox : undefined,
          rememberedSince: minute(10),
          pace: async () => undefined,
          progress: () => undefined,
        },
        signal,
      );
    return { client, orders, outbox, written, run, inOutbox: () => scan(client, outbox) };
  }

  it('writes nothing and counts, unless it is told to do it', async () => {
    const { run, inOutbox } = await world();
    const bytes = rows.reduce((sum, { event }) => sum + event.value.length, 0);
    expect(await run(all, false)).toEqual({
      orders: 120,
      events: 160,
      bytes,
      written: 0,
      waiting: 0,
      forgotten: 10,
      unreadable: [],
    });
    expect(await inOutbox()).toEqual([]);
  });

  it('writes the rows that the checkout wrote, each order’s in seq order; a second run finds them waiting', async () => {
    const { run, written, inOutbox } = await world();
    expect(await run(all, true)).toMatchObject({ events: 160, written: 160, waiting: 0 });
    expect(sorted(await inOutbox())).toEqual(sorted(rows.map(toOutboxItem)));
    for (const key of keys) {
      const ofOrder = written.filter((id) => id.startsWith(placedRow(key).orderId));
      expect(ofOrder).toEqual(ofOrder.toSorted());
    }
    expect(await run(all, true)).toMatchObject({ events: 160, written: 0, waiting: 160 });
    expect(sorted(await inOutbox())).toEqual(sorted(rows.map(toOutboxItem)));
  });

  it('takes the orders that are named, or were placed in a time', async () => {
    const { run, inOutbox } = await world();
    const orderIds = keys.map((key) => placedRow(key).orderId);
    expect(await run({ kind: 'placed', since: minute(10), until: minute(12) }, false)).toMatchObject({
      orders: 3,
    });
    expect(await run({ kind: 'named', orderIds }, false)).toMatchObject({ orders: 120, events: 160 });
    const [one = ''] = orderIds;
    await run({ kind: 'named', orderIds: [one, one, `ord_${'0'.repeat(26)}`] }, true);
    expect(sorted(await inOutbox())).toEqual(sorted([placedRow('k0'), cancelledRow('k0')].map(toOutboxItem)));
  });

  it('names the orders whose events can’t be used, and goes on', async () => {
    const { client, orders, run } = await world();
    const broken = { orderId: { S: 'ord_broken' }, placedAt: { S: minute(0) } };
    await client.send(new PutItemCommand({ TableName: orders, Item: broken }));
    expect(await run(all, true)).toMatchObject({ orders: 120, written: 160, unreadable: ['ord_broken'] });
  });

  it('leaves no order with a later row before an earlier one, wherever it is ended', async () => {
    const { client, run, written, inOutbox } = await world();
    const ending = new AbortController();
    client.middlewareStack.add(
      (next, { commandName }) =>
        async (args) => {
          if (commandName === 'PutItemCommand' && written.length === 40) ending.abort();
          return next(args);
        },
      { step: 'build' },
    );
    const done = await run(all, true, ending.signal);
    expect(done.written).toBeLessThan(rows.length);
    const there = new Set((await inOutbox()).map(idOf));
    for (const { orderId, seq } of rows) {
      if (seq > 1 && there.has(`${orderId}.${seq}`)) expect(there).toContain(`${orderId}.1`);
    }
  });
});
