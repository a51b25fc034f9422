import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { IN_REAL_TIME, type Timing } from '../backoff.ts';
import { insertItems, readItems, type Table } from '../dynamodb.ts';
import type { Cancellation, StoredShipment } from './shipment.ts';
import {
  AWAITING_CARRIER,
  contentAttributes,
  MANIFEST_ID,
  SHIPMENT_KEY,
  type Shipments,
  storedShipment,
} from './shipments.ts';

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
