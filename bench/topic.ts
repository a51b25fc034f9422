import type { Kafka } from 'kafkajs';

export const PARTITIONS = 3;
const RECORDS_PER_REQUEST = 3_000;

/** Makes a topic and writes `records` records of half a kilobyte to it, in turn to its partitions. */
export async function fillTopic(
  kafka: Kafka,
  topic: string,
  records: number,
  interrupted: AbortSignal,
): Promise<void> {
  const admin = kafka.admin();
  const producer = kafka.producer({ allowAutoTopicCreation: false });
  await Promise.all([admin.connect(), producer.connect()]);
  try {
    const configEntries = [{ name: 'max.message.bytes', value: String(4 * 1024 * 1024) }];
    await admin.createTopics({
      waitForLeaders: true,
      topics: [{ topic, numPartitions: PARTITIONS, configEntries }],
    });
    for (let written = 0; written < records; written += RECORDS_PER_REQUEST) {
      interrupted.throwIfAborted();
      const count = Math.min(RECORDS_PER_REQUEST, records - written);
      const messages = Array.from({ length: count }, (_, n) => benchRecord(written + n));
      await producer.send({ topic, acks: 1, messages });
    }
  } finally {
    await Promise.all([admin.disconnect(), producer.disconnect()]);
  }
}

/** About 500 bytes: a key of 30, a value of 430 and one header. */
function benchRecord(n: number) {
  const orderId = `ord_${String(n).padStart(26, '0')}`;
  const value = JSON.stringify({ orderId, seq: 1, schemaVersion: 1, filler: 'x'.repeat(340) }).padEnd(430);
  return { partition: n % PARTITIONS, key: orderId, value, headers: { ce_type: 'OrderPlaced' } };
}
