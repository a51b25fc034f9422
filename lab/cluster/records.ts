/** What lies on a topic, read from outside: by a client that shares nothing with those that wrote it. */
import { randomUUID } from 'node:crypto';
import type { IHeaders } from 'kafkajs';
import { kafkaClient } from '../../local/kafka/client.ts';
import type { Lab } from '../lab.ts';

export interface TopicRecord {
  readonly partition: number;
  readonly offset: number;
  readonly key: string | null;
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Every record that lies on a topic now, in the order of each partition; with `readUncommitted` those of broken transactions, too.
 * What lies last has to be a record, and no marker of a transaction.
 */
export async function recordsOn(
  lab: Pick<Lab, 'brokers' | 'ask' | 'until'>,
  topic: string,
  { readUncommitted = false }: { readonly readUncommitted?: boolean } = {},
): Promise<TopicRecord[]> {
  const ends = await lab.ask((admin) => admin.fetchTopicOffsets(topic));
  const missing = new Map(
    ends.filter(({ high, low }) => high !== low).map(({ partition, high }) => [partition, Number(high)]),
  );
  const records: TopicRecord[] = [];
  if (missing.size === 0) return records;

  const groupId = `counting-${randomUUID()}`;
  const kafka = kafkaClient({ bootstrapServers: lab.brokers, clientId: 'counting' });
  const consumer = kafka.consumer({
    groupId,
    readUncommitted,
    maxWaitTimeInMs: 100,
    allowAutoTopicCreation: false,
  });
  await consumer.connect();
  try {
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachMessage: async ({ partition, message: { offset, key, value, headers = {} } }) => {
        const end = missing.get(partition);
        if (end === undefined) return;
        records.push({
          partition,
          offset: Number(offset),
          key: key?.toString() ?? null,
          text: value?.toString() ?? '',
          headers: textsOf(headers),
        });
        if (Number(offset) + 1 >= end) missing.delete(partition);
      },
    });
    await lab.until(`all records of ${topic}`, () => missing.size === 0);
  } finally {
    await consumer.disconnect();
    await lab.ask((admin) => admin.deleteGroups([groupId]));
  }
  return records;
}

const textsOf = (headers: IHeaders) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));

/** A table of orders and a topic of their events, side by side. */
export interface SideBySide {
  readonly ordersWithoutEvent: number;
  readonly eventsWithoutOrder: number;
  readonly records: number;
  /** Records beyond the first of an order. */
  readonly copies: number;
  /** Copies whose header `id` is none of their order's first record: nobody can know them for copies. */
  readonly copiesWithAnotherId: number;
}

/** Compares orders, by their ids, with the records of their events, of which each order has one: its id is the key. */
export function sideBySide(orders: readonly string[], records: readonly TopicRecord[]): SideBySide {
  const firsts = new Map<string | null, TopicRecord>();
  const copies: TopicRecord[] = [];
  for (const record of records) {
    if (firsts.has(record.key)) copies.push(record);
    else firsts.set(record.key, record);
  }
  return {
    ordersWithoutEvent: orders.filter((order) => !firsts.has(order)).length,
    eventsWithoutOrder: [...firsts.keys()].filter((key) => key === null || !orders.includes(key)).length,
    records: records.length,
    copies: copies.length,
    copiesWithAnotherId: copies.filter(({ key, headers }) => headers.id !== firsts.get(key)?.headers.id)
      .length,
  };
}
