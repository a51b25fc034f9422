import { createHash, randomUUID } from 'node:crypto';
import type { IHeaders, KafkaMessage, Message, Producer } from 'kafkajs';
import { askBroker } from '../../local/kafka/admin.ts';
import { kafkaClient } from '../../local/kafka/client.ts';
import { unreadableBatch } from '../../local/kafka/record-batches.ts';
import type { TopicObservation } from './verdict.ts';

/** A topic as somebody beside the system sees it, with a consumer group and a producer of its own. */
export interface TopicWitness {
  /**
   * Writes records that are on the topic already once more, byte for byte: up to `limit`, those of the orders with the
   * lowest `rank` first.
   */
  copy(rank: (orderId: string) => number, limit: number): Promise<number>;
  /** Writes copies of the topic's first record, each spoiled by one of these; answers how many. */
  spoil(spoilers: readonly ((record: KafkaMessage) => Message)[]): Promise<number>;
  /** Reads the topic from its beginning to its end as of now. */
  observe(): Promise<TopicObservation>;
  /** Records between the groups' committed offsets and the topic's end, all groups together. */
  lag(groups: readonly string[]): Promise<number>;
  close(): Promise<void>;
}

/** Opens the witness; it commits nothing, so nobody's offsets move. */
export async function topicWitness(bootstrapServers: string, topic: string): Promise<TopicWitness> {
  const kafka = kafkaClient({ bootstrapServers, clientId: 'orderly-demo' });
  const admin = kafka.admin();
  const producer = kafka.producer({ allowAutoTopicCreation: false });
  await Promise.all([admin.connect(), producer.connect()]);

  /** Calls `onRecord` for each record; partitions interleave, a partition's records come in order. */
  const readAll = async (onRecord: (partition: number, message: KafkaMessage) => void) => {
    const ends = await admin.fetchTopicOffsets(topic);
    const open = new Set(
      ends.filter(({ low, high }) => BigInt(low) < BigInt(high)).map((end) => end.partition),
    );
    if (open.size === 0) return;
    const groupId = `orderly-demo-witness-${randomUUID()}`;
    const consumer = kafka.consumer({ groupId, allowAutoTopicCreation: false });
    await consumer.connect();
    try {
      await consumer.subscribe({ topic, fromBeginning: true });
      await new Promise<void>((resolve, reject) => {
        consumer.on('consumer.crash', ({ payload }) => reject(payload.error));
        consumer
          .run({
            autoCommit: false,
            eachBatch: async ({ batch }) => {
              const end = ends.find(({ partition }) => partition === batch.partition);
              const broken = batch.messages.map(unreadableBatch).find((why) => why !== undefined);
              if (broken !== undefined) reject(broken);
              for (const message of batch.messages) {
                if (end && BigInt(message.offset) < BigInt(end.high)) onRecord(batch.partition, message);
              }
              if (end && BigInt(batch.lastOffset()) + 1n >= BigInt(end.high)) open.delete(batch.partition);
              if (open.size === 0) resolve();
            },
          })
          .catch(reject);
      });
    } finally {
      await consumer.disconnect();
      await admin.deleteGroups([groupId]);
    }
  };

  return {
    async copy(rank, limit) {
      const byRank: { partition: number; message: KafkaMessage }[][] = [];
      await readAll((partition, message) => {
        const rankOfIt = rank(String(message.key));
        byRank[rankOfIt] ??= [];
        if (byRank[rankOfIt].length < limit) byRank[rankOfIt].push({ partition, message });
      });
      const chosen = byRank.flat().slice(0, limit);
      await send(producer, topic, chosen);
      return chosen.length;
    },

    async spoil(spoilers) {
      let first: KafkaMessage | undefined;
      await readAll((_partition, message) => {
        first ??= message;
      });
      if (first === undefined) return 0;
      for (const spoiler of spoilers) {
        await producer.send({ topic, acks: -1, messages: [spoiler(first)] });
      }
      return spoilers.length;
    },

    async observe() {
      const events = new Map<string, { partition: number; digests: Map<string, string>; lastSeq: number }>();
      const records: number[] = [];
      let [outOfOrder, scattered, differingCopies] = [0, 0, 0];
      await readAll((partition, message) => {
        records[partition] = (records[partition] ?? 0) + 1;
        const eventId = String(message.headers?.ce_id);
        const [orderId = '', seq] = eventId.split('.');
        const order = events.get(orderId) ?? { partition, digests: new Map(), lastSeq: 0 };
        events.set(orderId, order);
        if (order.partition !== partition) scattered++;
        const digest = digestOf(message);
        const first = order.digests.get(eventId);
        if (first !== undefined && first !== digest) differingCopies++;
        if (first !== undefined) return;
        order.digests.set(eventId, digest);
        if (Number(seq) !== order.lastSeq + 1) outOfOrder++;
        order.lastSeq = Math.max(order.lastSeq, Number(seq));
      });
      return {
        records: Array.from(records, (count) => count ?? 0),
        events: new Map([...events].map(([orderId, { digests }]) => [orderId, [...digests.keys()]])),
        outOfOrder,
        scattered,
        differingCopies,
      };
    },

    lag: (groups) =>
      askBroker(kafka, async (admin) => {
        const ends = await admin.fetchTopicOffsets(topic);
        let lag = 0n;
        for (const groupId of groups) {
          const [offsets] = await admin.fetchOffsets({ groupId, topics: [topic] });
          for (const { partition, low, high } of ends) {
            const committed =
              offsets?.partitions.find((each) => each.partition === partition)?.offset ?? '-1';
            lag += BigInt(high) - BigInt(committed === '-1' ? low : committed);
          }
        }
        return Number(lag);
      }),

    async close() {
      await Promise.all([admin.disconnect(), producer.disconnect()]);
    },
  };
}

/** In portions, since a broker refuses a request whose batch for one partition is over the topic's limit. */
async function send(
  producer: Producer,
  topic: string,
  records: readonly { partition: number; message: KafkaMessage }[],
): Promise<void> {
  const portion = 10;
  for (let start = 0; start < records.length; start += portion) {
    const messages = records.slice(start, start + portion).map(({ partition, message }) => ({
      partition,
      key: message.key,
      value: message.value,
      ...(message.headers && { headers: message.headers }),
    }));
    await producer.send({ topic, acks: -1, messages });
  }
}

function digestOf({ key, value, headers }: KafkaMessage): string {
  const hash = createHash('sha256');
  hash
    .update(key ?? '')
    .update('\0')
    .update(value ?? '');
  for (const name of Object.keys(headers ?? {}).sort())
    hash.update(`\0${name}\0${headerText(headers, name)}`);
  return hash.digest('base64');
}

function headerText(headers: IHeaders | undefined, name: string): string {
  return [headers?.[name]].flat().map(String).join('\0');
}
