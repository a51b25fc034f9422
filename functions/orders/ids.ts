import { createHash } from 'node:crypto';
import { base32crockford } from '@scure/base';
import * as z from 'zod';

/** `ord_` and 26 characters of lower-case Crockford base32. */
export const OrderId = z
  .string()
  .regex(/^ord_[0-9a-hjkmnp-tv-z]{26}$/)
  .brand<'OrderId'>();
export type OrderId = z.infer<typeof OrderId>;

/** Who ordered, as the caller names them: 1 to 64 visible ASCII characters. */
export const CustomerId = z
  .string()
  .regex(/^[\x21-\x7e]{1,64}$/, 'must be 1 to 64 visible ASCII characters')
  .brand<'CustomerId'>();
export type CustomerId = z.infer<typeof CustomerId>;

/**
 * The `Idempotency-Key` header: 1 to 255 visible ASCII characters but the comma, with which an HTTP API joins a header that
 * comes twice ("Duplicate headers are combined with commas"): the key `K` of a client and the `K,K` that a proxy makes of it
 * would be two orders. https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export const IdempotencyKey = z
  .string('must be 1 to 255 visible ASCII characters')
  .regex(/^[\x21-\x7e]{1,255}$/, { error: 'must be 1 to 255 visible ASCII characters', abort: true })
  .regex(/^[^,]*$/, 'must have no comma: a header that is sent twice arrives as one, joined by a comma')
  .brand<'IdempotencyKey'>();
export type IdempotencyKey = z.infer<typeof IdempotencyKey>;

/** `<orderId>.<seq>`: the same for every copy of an event, wherever it lies. */
export const EventId = z
  .string()
  .regex(/^ord_[0-9a-hjkmnp-tv-z]{26}\.[1-9][0-9]{0,8}$/)
  .brand<'EventId'>();
export type EventId = z.infer<typeof EventId>;

/**
 * The order id that a customer's idempotency key stands for: the same request is the same order, on any machine.
 *
 * SHA-256 over both parts, each behind its length, so that no two pairs run together; 130 bits of it.
 */
export function orderIdFor(customerId: CustomerId, key: IdempotencyKey): OrderId {
  const hash = createHash('sha256');
  for (const part of [customerId, key]) {
    const bytes = Buffer.from(part, 'utf8');
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    hash.update(length).update(bytes);
  }
  return OrderId.parse(`ord_${base32crockford.encode(hash.digest()).toLowerCase().slice(0, 26)}`);
}

/** The id of an order's `seq`-th event; `seq` counts from 1. */
export function eventIdFor(orderId: OrderId, seq: number): EventId {
  return EventId.parse(`${orderId}.${seq}`);
}
