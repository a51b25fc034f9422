import type { DeadLetter } from '../../functions/dead-letters/letter.ts';
import type { KafkaRecord } from '../../functions/kafka/decode.ts';

function aRecord(changes: Partial<KafkaRecord>): KafkaRecord {
  return {
    topicPartition: 'orders-3',
    topic: 'orders',
    partition: 3,
    offset: 41,
    timestamp: 1772366400041,
    key: Uint8Array.of(0, 255),
    value: Uint8Array.of(0x1f, 0x8b, 0),
    headers: [
      ['ce_id', Uint8Array.of(1)],
      ['ce_id', Uint8Array.of()],
    ],
    ...changes,
  };
}

/** A letter of the email service about a record of the topic `orders`. */
export function aLetter(record: Partial<KafkaRecord> = {}): DeadLetter {
  return {
    consumer: 'email-service',
    record: aRecord(record),
    reason: 'unparseable',
    error: { code: 'RECORD_REJECTED', detail: 'the value is not a JSON object in UTF-8' },
  };
}
