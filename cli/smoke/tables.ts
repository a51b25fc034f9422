import { randomBytes } from 'node:crypto';
import {
  type AttributeValue,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  paginateQuery,
} from '@aws-sdk/client-dynamodb';
import type { App } from '../../local/cli/app.ts';
import { attributesOf } from '../attributes.ts';

/** The tables of the order system as the test reads them, by key and consistently; and its one write. */
export interface SmokeTables {
  /** `status` of an order's shipment. */
  shipment(orderId: string): Promise<string | undefined>;
  /** `status` of an event's mail in the ledger. */
  mail(eventId: string): Promise<string | undefined>;
  /** Whether sales has an event in its sums. */
  counted(eventId: string): Promise<boolean>;
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
    sales: app.output('SalesTable'),
  };

  async function statusOf(table: string, key: Record<string, AttributeValue>): Promise<string | undefined> {
    const get = new GetItemCommand({ TableName: table, Key: key, ConsistentRead: true });
    const { Item } = await client.send(get);
    return Item?.status?.S;
  }
  return {
    shipment: (orderId) => statusOf(names.shipments, { orderId: { S: orderId } }),
    mail: (eventId) => statusOf(names.ledger, { eventKey: { S: `email-service#${eventId}` } }),
    async counted(eventId) {
      const key = { key: { S: `sales-service#${eventId}` }, part: { S: 'counted' } };
      const get = new GetItemCommand({ TableName: names.sales, Key: key, ConsistentRead: true });
      return (await client.send(get)).Item !== undefined;
    },
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

/** An order id that no customer and key stand for, as far as chance goes. */
export function unplacedOrderId(): string {
  const letters = '0123456789abcdefghjkmnpqrstvwxyz';
  const id = [...randomBytes(26)].map((byte) => letters[byte % letters.length]);
  return `ord_${id.join('')}`;
}

/**
 * A row of the outbox whose event says by its headers that an order was placed, and says nothing of it: the relay
 * publishes the bytes as they are, and each consumer has to set the record aside.
 */
function poisonRow(orderId: string): Record<string, AttributeValue> {
  const headers = {
    ce_specversion: '1.0',
    ce_id: `${orderId}.1`,
    ce_source: '/orderly/smoke',
    ce_type: 'OrderPlaced',
    ce_subject: orderId,
    ce_time: new Date().toISOString(),
    ce_partitionkey: orderId,
    'content-type': 'application/json',
  };
  return {
    ...attributesOf({ orderId, seq: 1, key: orderId, headers: Object.entries(headers) }),
    value: { B: Buffer.from('{"smoke":"breaks the contract on purpose"}') },
  };
}
