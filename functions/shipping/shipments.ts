import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { IN_REAL_TIME, type Timing } from '../backoff.ts';
import {
  type InsertOutcome,
  type Item,
  insertItems,
  type ReadResult,
  readItems,
  type Table,
} from '../dynamodb.ts';
import type { OrderId } from '../orders/ids.ts';
import type { Cancellation, Fingerprint, Placement, StoredShipment } from './shipment.ts';

/** The table `Shipments`, one item an order: the item is the effect and the claim to it in one. `signal` ends a call early. */
export interface Shipments {
  /** Inserts items made by `shipmentItem`; those that exist stay as they are. A result for each order. */
  readonly insert: (
    items: readonly Item[],
    signal?: AbortSignal,
  ) => Promise<ReadonlyMap<string, InsertOutcome>>;
  /** Reads what stands under the orders now; a result for each. */
  readonly read: (
    orderIds: readonly OrderId[],
    signal?: AbortSignal,
  ) => Promise<ReadonlyMap<string, ReadResult>>;
  /**
   * Cancels the shipment, or leaves a cancelled one for the placement to find; one that is on a manifest stays and has it
   * recorded that the cancellation came too late. Answers what stood there.
   */
  readonly cancel: (cancellation: Cancellation, signal?: AbortSignal) => Promise<StoredShipment | undefined>;
  /** Gives a shipment that was cancelled before it was placed its content; answers what stands there instead if it has one. */
  readonly complete: (placement: Placement, signal?: AbortSignal) => Promise<Completed>;
}

type Completed =
  | { readonly kind: 'completed' }
  | { readonly kind: 'has-content'; readonly stored: StoredShipment };

/** The partition key. */
export const SHIPMENT_KEY = 'orderId';

/** Holds the carrier of a shipment that waits for a manifest, and is the index's key: others are not in the index. */
export const AWAITING_CARRIER = 'awaitingCarrier';
/** The manifest that a shipment is on, for good. */
export const MANIFEST_ID = 'manifestId';

/**
 * Shipments in a DynamoDB table with the partition key `orderId`.
 *
 * A cancellation and the manifest's assignment may come at the same moment. Each is conditional on the other's absence,
 * so one of them is first, and the other one's condition fails:
 *
 *     cancel   set CANCELLED ── if there is no manifestId      broken: record that it is too late; a manifestId stays
 *     assign   set manifestId ── if LABEL_CREATED              broken: not on the manifest; CANCELLED stays
 */
export function dynamoDbShipments(
  client: DynamoDBClient,
  tableName: string,
  timing: Timing = IN_REAL_TIME,
): Shipments {
  const table: Table = { client, name: tableName, key: SHIPMENT_KEY, timing };
  const keyOf = (orderId: string) => ({ TableName: tableName, Key: { [SHIPMENT_KEY]: { S: orderId } } });

  // Not PartiQL, whose UPDATE can't create the item.
  const cancelInTime = ({ orderId, cancelledAt }: Cancellation, abortSignal?: AbortSignal) =>
    client.send(
      new UpdateItemCommand({
        ...keyOf(orderId),
        UpdateExpression: 'SET #status = :cancelled, #at = if_not_exists(#at, :at) REMOVE #awaiting',
        ConditionExpression: 'attribute_not_exists(#manifestId)',
        ExpressionAttributeNames: {
          '#status': 'status',
          '#at': 'cancelledAt',
          '#awaiting': AWAITING_CARRIER,
          '#manifestId': MANIFEST_ID,
        },
        ExpressionAttributeValues: { ':cancelled': { S: 'CANCELLED' }, ':at': { S: cancelledAt } },
        ReturnValues: 'ALL_OLD',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
      { abortSignal },
    );
  const recordTooLate = ({ orderId, cancelledAt }: Cancellation, abortSignal?: AbortSignal) =>
    client.send(
      new UpdateItemCommand({
        ...keyOf(orderId),
        UpdateExpression: 'SET #at = if_not_exists(#at, :at)',
        ConditionExpression: 'attribute_exists(#manifestId)',
        ExpressionAttributeNames: { '#at': 'cancelledTooLateAt', '#manifestId': MANIFEST_ID },
        ExpressionAttributeValues: { ':at': { S: cancelledAt } },
        ReturnValues: 'ALL_OLD',
      }),
      { abortSignal },
    );

  return {
    insert: (items, signal) => insertItems(table, items, signal),

    read: (orderIds, signal) =>
      readItems(
        table,
        orderIds.map((orderId) => ({ [SHIPMENT_KEY]: { S: orderId } })),
        signal,
      ),

    async cancel(cancellation, signal) {
      try {
        const { Attributes } = await cancelInTime(cancellation, signal);
        return Attributes && storedShipment(Attributes);
      } catch (error) {
        const onManifest = shipmentThatRefused(error);
        if (onManifest.cancelledTooLate) return onManifest;
        const { Attributes } = await recordTooLate(cancellation, signal);
        return Attributes && storedShipment(Attributes);
      }
    },

    async complete(placement, signal) {
      const content = contentAttributes(placement);
      const names = Object.keys(content);
      try {
        await client.send(
          new UpdateItemCommand({
            ...keyOf(placement.orderId),
            UpdateExpression: `SET ${names.map((name) => `#${name} = :${name}`).join(', ')}`,
            ConditionExpression: 'attribute_exists(#status) AND attribute_not_exists(#fingerprint)',
            ExpressionAttributeNames: Object.fromEntries(
              [...names, 'status'].map((name) => [`#${name}`, name]),
            ),
            ExpressionAttributeValues: Object.fromEntries(
              Object.entries(content).map(([name, value]) => [`:${name}`, value]),
            ),
            ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
          }),
          { abortSignal: signal },
        );
        return { kind: 'completed' };
      } catch (error) {
        return { kind: 'has-content', stored: shipmentThatRefused(error) };
      }
    },
  };
}

/** What broke a write's condition; any other failure is thrown on. */
function shipmentThatRefused(error: unknown): StoredShipment {
  if (error instanceof ConditionalCheckFailedException && error.Item !== undefined) {
    return storedShipment(error.Item);
  }
  throw error;
}

/** The attributes that a placement gives a shipment, beside its key and status. */
function contentAttributes(placement: Placement): Item {
  const { address, lines, createdAt, weightClass, carrier, fingerprint } = placement;
  return {
    address: { M: strings({ ...address }) },
    lines: {
      L: lines.map(({ sku, name, quantity }) => ({
        M: { ...strings({ sku, name }), quantity: { N: String(quantity) } },
      })),
    },
    createdAt: { S: createdAt },
    weightClass: { S: weightClass },
    carrier: { S: carrier },
    fingerprint: { S: fingerprint },
  };
}

/** A shipment to insert: the one that is left when these events of an order have been seen. */
export function shipmentItem(placement: Placement, cancellation: Cancellation | undefined): Item {
  return {
    orderId: { S: placement.orderId },
    status: { S: cancellation === undefined ? 'LABEL_CREATED' : 'CANCELLED' },
    ...contentAttributes(placement),
    ...(cancellation === undefined
      ? { [AWAITING_CARRIER]: { S: placement.carrier } }
      : { cancelledAt: { S: cancellation.cancelledAt } }),
  };
}

/** @throws {TypeError} for an item that shipping didn't write. */
export function storedShipment(item: Item): StoredShipment {
  const status = item.status?.S;
  if (status !== 'LABEL_CREATED' && status !== 'CANCELLED') {
    throw new TypeError('a shipment has no known status');
  }
  return {
    status,
    fingerprint: item.fingerprint?.S as Fingerprint | undefined,
    cancelledTooLate: item.cancelledTooLateAt !== undefined,
  };
}

/** Optional members that aren't there stay away. */
function strings(members: Readonly<Record<string, string | undefined>>): Record<string, AttributeValue> {
  return Object.fromEntries(
    Object.entries(members).flatMap(([name, value]) => (value === undefined ? [] : [[name, { S: value }]])),
  );
}
