import {
  type AttributeValue,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  paginateQuery,
} from '@aws-sdk/client-dynamodb';
import type { App } from '../app/app.ts';
import { poisonRow } from './poison.ts';

/** The tables of the order system as the test reads them, by key and consistently; and its one write. */
export interface SmokeTables {
  /** `status` of an order's shipment. */
  shipment(orderId: string): Promise<string | undefined>;
  /** `status` of an event's mail in the ledger. */
  mail(eventId: string): Promise<string | undefined>;
  /** How many events of an order wait in the outbox. */
  waiting(orderId: string): Promise<number>;
  /** Puts an event into the outbox that no consumer can use: the relay publishes what is there. */
  poison(orderId: string): Promise<void>;
  close(): void;
}

/** Opens the tables of an app. */
export function smokeTables(app: App): SmokeTables {
  const client = new DynamoDBClient(app.dynamodb);
  const names = {
    outbox: app.output('OutboxTable'),
    shipments: app.output('ShipmentsTable'),
    ledger: app.output('EmailLedgerTable'),
  };

  async function statusOf(table: string, key: Record<string, AttributeValue>): Promise<string | undefined> {
    const get = new GetItemCommand({ TableName: table, Key: key, ConsistentRead: true });
    const { Item } = await client.send(get);
    return Item?.status?.S;
  }
  return {
    shipment: (orderId) => statusOf(names.shipments, { orderId: { S: orderId } }),
    mail: (eventId) => statusOf(names.ledger, { eventKey: { S: `email-service#${eventId}` } }),
    async waiting(orderId) {
      let rows = 0;
      const query = {
        TableName: names.outbox,
        ConsistentRead: true,
        KeyConditionExpression: 'orderId = :orderId',
        ExpressionAttributeValues: { ':orderId': { S: orderId } },
      };
      for await (const { Count = 0 } of paginateQuery({ client }, query)) rows += Count;
      return rows;
    },
    async poison(orderId) {
      await client.send(new PutItemCommand({ TableName: names.outbox, Item: poisonRow(orderId) }));
    },
    close: () => client.destroy(),
  };
}
