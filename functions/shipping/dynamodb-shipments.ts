import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { insertNewInto } from '../ledger/insert-new.ts';
import { contentAttributes, storedShipment } from './shipment-item.ts';
import { SHIPMENT_KEY, type Shipments } from './shipments.ts';

/** Shipments in a DynamoDB table with the partition key `orderId`. */
export function dynamoDbShipments(client: DynamoDBClient, tableName: string): Shipments {
  const keyOf = (orderId: string) => ({ TableName: tableName, Key: { [SHIPMENT_KEY]: { S: orderId } } });
  return {
    insertNew: insertNewInto({ client, name: tableName, key: SHIPMENT_KEY }),

    // Not PartiQL, whose UPDATE can't create the item.
    async cancel({ orderId, cancelledAt }) {
      const { Attributes } = await client.send(
        new UpdateItemCommand({
          ...keyOf(orderId),
          UpdateExpression: 'SET #status = :cancelled, #at = if_not_exists(#at, :at)',
          ExpressionAttributeNames: { '#status': 'status', '#at': 'cancelledAt' },
          ExpressionAttributeValues: { ':cancelled': { S: 'CANCELLED' }, ':at': { S: cancelledAt } },
          ReturnValues: 'ALL_OLD',
        }),
      );
      return Attributes && storedShipment(Attributes);
    },

    async complete(placement) {
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
        );
        return { kind: 'completed' };
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException && error.Item !== undefined) {
          return { kind: 'has-content', stored: storedShipment(error.Item) };
        }
        throw error;
      }
    },
  };
}
