/**
 * The outbox table: a row is an event that is not yet on the topic, under the order's id and the event's seq.
 *
 *     orderId S   seq N   key S   value B   headers L of L [name S, value S]
 *
 * Headers are a list because a DynamoDB map forgets their order, and every copy of an event has the same bytes.
 */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { OrderlyError } from '../errors.ts';
import { OrderId } from '../orders/ids.ts';
import type { EncodedEvent } from '../orders/wire.ts';

export type Item = Record<string, AttributeValue>;

/** The bytes of an event, as they go to the topic. */
export type EventBytes = Pick<EncodedEvent, 'key' | 'value' | 'headers'>;

/** The primary key of an outbox row. */
export interface OutboxKey {
  readonly orderId: OrderId;
  /** Counts from 1 within its order. */
  readonly seq: number;
}

export interface OutboxRow extends OutboxKey {
  readonly event: EventBytes;
}

export function toOutboxKey({ orderId, seq }: OutboxKey): Item {
  return { orderId: { S: orderId }, seq: { N: String(seq) } };
}

export function toOutboxItem(row: OutboxRow): Item {
  return { ...toOutboxKey(row), ...toEventAttributes(row.event) };
}

/** @throws {OrderlyError} `OUTBOX_ROW_INVALID` */
export function fromOutboxItem(item: Item): OutboxRow {
  const orderId = OrderId.safeParse(item.orderId?.S);
  const seq = Number(item.seq?.N);
  if (!orderId.success || !Number.isSafeInteger(seq))
    throw invalidRow('its key is not an order id and a seq');
  return { orderId: orderId.data, seq, event: fromEventAttributes(item) };
}

/** The attributes that hold an event's bytes, in an outbox row and in the list of events that an order keeps. */
export function toEventAttributes({ key, value, headers }: EventBytes): Item {
  return {
    key: { S: key },
    value: { B: value },
    headers: { L: Object.entries(headers).map(([name, text]) => ({ L: [{ S: name }, { S: text }] })) },
  };
}

/** @throws {OrderlyError} `OUTBOX_ROW_INVALID` */
export function fromEventAttributes(item: Item): EventBytes {
  const key = item.key?.S;
  const value = item.value?.B;
  const headers = item.headers?.L?.map(({ L: pair }) => [pair?.[0]?.S, pair?.[1]?.S] as const);
  if (key === undefined || value === undefined || !headers?.every(isPair)) {
    throw invalidRow('it has no key, no value or no list of headers');
  }
  return { key, value, headers: Object.fromEntries(headers) };
}

function isPair(pair: readonly [string | undefined, string | undefined]): pair is readonly [string, string] {
  return pair[0] !== undefined && pair[1] !== undefined;
}

function invalidRow(why: string): OrderlyError {
  return new OrderlyError('OUTBOX_ROW_INVALID', `an outbox row cannot be read: ${why}`);
}
