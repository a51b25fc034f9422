import { gzipSync } from 'node:zlib';
import type { KafkaMessage, Message } from 'kafkajs';

/** A record that no consumer can use, made of one that all can; `n` gives it an identity of its own. */
type Spoiler = (record: KafkaMessage, n: number) => Message;

/** By the reason that its dead letters have to give. */
const SPOILERS: readonly (readonly [reason: string, Spoiler])[] = [
  ['unparseable', (record, n) => ({ ...renamed(record, n), value: Buffer.from('{"orderId": ') })],
  ['unparseable', (record, n) => ({ ...renamed(record, n), value: gzipSync(record.value ?? '') })],
  ['unparseable', (record, n) => ({ ...renamed(record, n), value: Buffer.from('[]') })],
  ['invalid', (record, n) => ({ ...renamed(record, n), value: Buffer.from('{"schemaVersion":"1.0"}') })],
  // Its headers say another order than its value.
  ['invalid', (record, n) => renamed(record, n)],
];

/** One spoiler for each record to write. */
export const poison: readonly ((record: KafkaMessage) => Message)[] = SPOILERS.map(
  ([, spoil], n) =>
    (record: KafkaMessage) =>
      spoil(record, n),
);

/** How many dead letters with that reason each consumer group has to have. */
export function poisoned(reason: 'unparseable' | 'invalid'): number {
  return SPOILERS.filter(([each]) => each === reason).length;
}

/** The record of an order that nobody placed. */
function renamed({ value, headers }: KafkaMessage, n: number): Message {
  const orderId = `ord_${String(n).padStart(26, '0')}`;
  return { key: orderId, value, headers: { ...headers, ce_id: `${orderId}.1`, ce_subject: orderId } };
}
