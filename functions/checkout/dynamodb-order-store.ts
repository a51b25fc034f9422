import {
  type DynamoDBClient,
  GetItemCommand,
  TransactionCanceledException,
  TransactionInProgressException,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { OrderlyError } from '../errors.ts';
import type { Order } from '../orders/order.ts';
import { type EventBytes, toEventAttributes, toOutboxItem } from '../outbox/row.ts';
import {
  type CancelResult,
  fromOrderItem,
  type OrderStore,
  type PlaceResult,
  type StoredOrder,
  toOrderItem,
} from './order-store.ts';

/** Reasons of a cancelled transaction that pass by themselves. Local engines never raise a conflict; DynamoDB does. */
const CONTENTION: ReadonlySet<string> = new Set([
  'TransactionConflict',
  'ThrottlingError',
  'ProvisionedThroughputExceeded',
]);

/** The checkout's tables in DynamoDB, for as long as the signal lets it ask. */
export function dynamoDbOrderStore(
  client: DynamoDBClient,
  tables: { readonly orders: string; readonly outbox: string },
  abortSignal: AbortSignal,
): OrderStore {
  return {
    async place(stored: StoredOrder): Promise<PlaceResult> {
      const { orderId, seq } = stored.order;
      const event = newestEvent(stored);
      const command = new TransactWriteItemsCommand({
        TransactItems: [
          {
            Put: {
              TableName: tables.orders,
              Item: toOrderItem(stored),
              ConditionExpression: 'attribute_not_exists(orderId)',
              ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
            },
          },
          { Put: { TableName: tables.outbox, Item: toOutboxItem({ orderId, seq, event }) } },
        ],
      });
      try {
        await client.send(command, { abortSignal });
        return { kind: 'placed' };
      } catch (error) {
        const cancellation = readCancellation(error);
        if (cancellation === 'contended') return { kind: 'contended' };
        if (cancellation?.item === undefined) throw error;
        return { kind: 'exists', stored: fromOrderItem(cancellation.item) };
      }
    },

    async find(orderId) {
      const { Item: item } = await client.send(
        new GetItemCommand({
          TableName: tables.orders,
          Key: { orderId: { S: orderId } },
          ConsistentRead: true,
        }),
        { abortSignal },
      );
      return item === undefined ? undefined : fromOrderItem(item);
    },

    async cancel(cancelled: Order, event: EventBytes): Promise<CancelResult> {
      const { orderId, seq } = cancelled;
      const command = new TransactWriteItemsCommand({
        TransactItems: [
          {
            Update: {
              TableName: tables.orders,
              Key: { orderId: { S: orderId } },
              UpdateExpression: 'SET #status = :cancelled, seq = :seq, events = list_append(events, :event)',
              ConditionExpression: '#status = :placed AND seq = :seqBefore',
              ExpressionAttributeNames: { '#status': 'status' },
              ExpressionAttributeValues: {
                ':placed': { S: 'PLACED' },
                ':cancelled': { S: 'CANCELLED' },
                ':seqBefore': { N: String(seq - 1) },
                ':seq': { N: String(seq) },
                ':event': { L: [{ M: toEventAttributes(event) }] },
              },
            },
          },
          { Put: { TableName: tables.outbox, Item: toOutboxItem({ orderId, seq, event }) } },
        ],
      });
      try {
        await client.send(command, { abortSignal });
        return 'cancelled';
      } catch (error) {
        const cancellation = readCancellation(error);
        if (cancellation === undefined) throw error;
        return cancellation === 'contended' ? 'contended' : 'changed';
      }
    },
  };
}

/** Why a transaction was cancelled: contention, or the condition on the order (with the row that broke it, if asked for). */
function readCancellation(error: unknown) {
  if (error instanceof TransactionInProgressException) return 'contended';
  if (!(error instanceof TransactionCanceledException)) return undefined;
  const reasons = error.CancellationReasons ?? [];
  const failed = reasons.find(({ Code: code }) => code === 'ConditionalCheckFailed');
  if (failed !== undefined) return { item: failed.Item };
  return reasons.some(({ Code: code }) => CONTENTION.has(code ?? '')) ? 'contended' : undefined;
}

function newestEvent({ events }: StoredOrder): EventBytes {
  const event = events.at(-1);
  if (event === undefined)
    throw new OrderlyError('ORDER_WITHOUT_EVENT', 'an order is written with its event');
  return event;
}
