import { randomBytes } from 'node:crypto';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';

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
export function poisonRow(orderId: string): Record<string, AttributeValue> {
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
    orderId: { S: orderId },
    seq: { N: '1' },
    key: { S: orderId },
    value: { B: Buffer.from('{"smoke":"breaks the contract on purpose"}') },
    headers: { L: Object.entries(headers).map(([name, text]) => ({ L: [{ S: name }, { S: text }] })) },
  };
}
