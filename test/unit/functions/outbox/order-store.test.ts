import {
  type DynamoDBClient,
  TransactionCanceledException,
  TransactionInProgressException,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import type { OrderCommand } from '../../../../functions/orders/decider.ts';
import { PlaceOrder } from '../../../../functions/orders/order.ts';
import {
  carryOut,
  dynamoDbOrderStore,
  fromOrderItem,
  toOrderItem,
} from '../../../../functions/outbox/order-store.ts';
import { clientWith, simulatedDynamoDb } from '../../../simulator/dynamodb/client.ts';
import {
  anOrder,
  cancelled,
  cancelledEvent,
  orderBody,
  orderId,
  placedEvent,
  TRACEPARENT,
} from '../../../support/orders.ts';

const place: OrderCommand = {
  type: 'PlaceOrder',
  orderId: orderId('k'),
  asked: PlaceOrder.parse(orderBody()),
  now: new Date('2026-03-01T12:00:00.000Z'),
};
const cancel: OrderCommand = { type: 'CancelOrder', orderId: orderId('k'), now: new Date(0) };

/** What may come over a transaction: it is cancelled, or somebody else is first. */
type Meanwhile = (store: ReturnType<typeof dynamoDbOrderStore>) => Promise<unknown>;

/** An orders table and an outbox; `meanwhile` says what happens to the first transactions, one after the other. */
function world(...meanwhile: readonly Meanwhile[]) {
  const { client: right, tables } = simulatedDynamoDb({
    tables: { Orders: { hash: 'orderId' }, Outbox: { hash: 'orderId', range: { name: 'seq', type: 'N' } } },
  });
  const storeOn = (client: DynamoDBClient) =>
    dynamoDbOrderStore(client, { orders: 'Orders', outbox: 'Outbox' }, new AbortController().signal);
  const sent: string[] = [];
  const waits: number[] = [];
  const left = [...meanwhile];
  const client = clientWith(async (command) => {
    sent.push(command.constructor.name);
    if (command instanceof TransactWriteItemsCommand) await left.shift()?.(storeOn(right));
    return right.send(command as TransactWriteItemsCommand);
  });
  const waiting = { sleep: async (ms: number) => void waits.push(ms), random: () => 0.5 };
  return {
    does: (command: OrderCommand) =>
      carryOut(command, { store: storeOn(client), waiting, traceparent: TRACEPARENT }),
    events: () => [...tables.Outbox.items.values()].map((item) => item.headers?.L?.[3]?.L?.[1]?.S),
    sent,
    waits,
  };
}

/** No local engine raises one. https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html */
const conflict: Meanwhile = async () => {
  throw new TransactionCanceledException({
    message: 'cancelled',
    $metadata: {},
    CancellationReasons: [{ Code: 'TransactionConflict' }, { Code: 'None' }],
  });
};
const inProgress: Meanwhile = async () => {
  throw new TransactionInProgressException({ message: 'in progress', $metadata: {} });
};
const another =
  (command: OrderCommand): Meanwhile =>
  (store) =>
    carryOut(command, {
      store,
      waiting: { sleep: async () => undefined, random: () => 0.5 },
      traceparent: TRACEPARENT,
    });

describe('a command', () => {
  it('takes one request to place an order, and two to cancel it, each with its event', async () => {
    const { does, events, sent } = world();
    expect(await does(place)).toMatchObject({ kind: 'done', order: { status: 'PLACED', seq: 1 } });
    expect(sent.splice(0)).toEqual(['TransactWriteItemsCommand']);
    expect(await does(cancel)).toMatchObject({ kind: 'done', order: { status: 'CANCELLED', seq: 2 } });
    expect(sent).toEqual(['GetItemCommand', 'TransactWriteItemsCommand']);
    expect(events()).toEqual(['OrderPlaced', 'OrderCancelled']);
  });

  it('takes one request to be found repeated', async () => {
    const { does, events, sent } = world();
    await does(place);
    await does(cancel);
    sent.splice(0);
    expect(await does(place)).toMatchObject({ kind: 'nothing', order: { status: 'CANCELLED' } });
    expect(sent.splice(0)).toEqual(['TransactWriteItemsCommand']);
    expect(await does(cancel)).toMatchObject({ kind: 'nothing' });
    expect(sent).toEqual(['GetItemCommand']);
    expect(events()).toHaveLength(2);
  });

  it.each([
    ['conflicts', conflict],
    ['is still in progress', inProgress],
  ])('is tried again after growing waits while a transaction %s', async (_, trouble) => {
    const { does, waits, events } = world(trouble, trouble);
    expect(await does(place)).toMatchObject({ kind: 'done' });
    expect(waits).toEqual([12.5, 25]);
    expect(events()).toHaveLength(1);
  });

  it('is given up after five conflicts', async () => {
    const { does, events, waits } = world(...Array(5).fill(conflict));
    expect(await does(place)).toEqual({ kind: 'contended' });
    expect(waits).toHaveLength(5);
    expect(events()).toEqual([]);
  });

  it('finds what another transaction left in the end', async () => {
    const { does } = world(conflict, conflict, conflict, conflict, async (store) => {
      await another(place)(store);
      await conflict(store);
    });
    expect(await does(place)).toMatchObject({ kind: 'nothing', order: anOrder('k') });
  });

  it('is decided on anew where another one was first, at once', async () => {
    const { does, events, waits } = world(another(place));
    expect(await does(place)).toMatchObject({ kind: 'nothing' });
    expect(await does(cancel)).toMatchObject({ kind: 'done' });
    expect(events()).toEqual(['OrderPlaced', 'OrderCancelled']);

    const two = world(async () => undefined, another(cancel));
    await two.does(place);
    expect(await two.does(cancel)).toMatchObject({ kind: 'nothing', order: { status: 'CANCELLED' } });
    expect(two.events()).toEqual(['OrderPlaced', 'OrderCancelled']);
    expect([...waits, ...two.waits]).toEqual([]);
  });

  it('fails where a transaction does for another reason', async () => {
    const { does } = world(async () => {
      throw new TransactionCanceledException({
        message: 'cancelled',
        $metadata: {},
        CancellationReasons: [{ Code: 'ValidationError' }],
      });
    });
    await expect(does(place)).rejects.toBeInstanceOf(TransactionCanceledException);
  });
});

describe('an order row', () => {
  const order = anOrder('k');
  const row = toOrderItem({ order, events: [placedEvent(order)] });

  it('is read as its events have made it, whatever else it says', () => {
    expect(fromOrderItem({ ...row, status: { S: 'LOST' } })).toEqual(order);
    const both = { order: cancelled(order), events: [placedEvent(order), cancelledEvent(order)] };
    expect(fromOrderItem(toOrderItem(both))).toEqual(cancelled(order));
  });

  it('is read whatever rules came after it: its first event has what was asked for then', () => {
    const { value, ...event } = placedEvent(order);
    const written = JSON.parse(Buffer.from(value).toString('utf8'));
    const earlier = {
      ...written,
      schemaVersion: '1.0',
      currency: 'HRK',
      shippingAddress: { ...written.shippingAddress, country: 'AN' },
      lines: written.lines.map((line: object) => ({ ...line, quantity: 5_000 })),
    };
    const events = [{ ...event, value: Buffer.from(JSON.stringify(earlier)) }];
    expect(fromOrderItem(toOrderItem({ order, events }))).toMatchObject({
      currency: 'HRK',
      shippingAddress: { country: 'AN' },
      lines: [{ quantity: 5_000 }],
    });
  });

  it.each([
    ['without its events', { ...row, events: { L: [] } }],
    ['without its seq', { ...row, seq: { S: '1' } }],
    ['of another seq than its newest event', { ...row, seq: { N: '2' } }],
    [
      'with an event of no order',
      toOrderItem({ order, events: [{ ...placedEvent(order), value: Buffer.from('{}') }] }),
    ],
  ])('is refused %s', (_, item) => {
    expect(() => fromOrderItem(item)).toThrow(expect.objectContaining({ code: 'ORDER_ROW_INVALID' }));
  });
});
