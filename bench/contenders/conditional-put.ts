import { ConditionalCheckFailedException, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { dynamoDbClient } from '../../functions/dynamodb.ts';
import { SHIPMENT_KEY } from '../../functions/shipping/shipments.ts';
import type { ConsumerContender } from '../workloads/consumers.ts';
import { type PlacedOrder, placedOrders, shipmentOf } from '../workloads/orders.ts';

/** The least that a careful hand writes: a conditional `PutItem` for each record, all of a batch at once. */
export const conditionalPut: ConsumerContender = ({ shipmentsTable }) => {
  const client = dynamoDbClient();
  const put = async (order: PlacedOrder) => {
    try {
      await client.send(
        new PutItemCommand({
          TableName: shipmentsTable,
          Item: shipmentOf(order),
          ConditionExpression: `attribute_not_exists(${SHIPMENT_KEY})`,
        }),
      );
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    }
  };
  return async (event) => {
    await Promise.all(placedOrders(event).map(put));
  };
};
