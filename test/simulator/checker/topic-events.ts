import { z } from 'zod';
import type { Evidence } from '../evidence.ts';
import type { TopicRecord } from '../kafka/topic.ts';

/** What a record of the topic is, by who put it there and by its own bytes. */
export type TopicEvent = {
  readonly partition: number;
  readonly record: TopicRecord;
} & (
  | {
      readonly kind: 'event';
      readonly type: 'OrderPlaced' | 'OrderCancelled';
      readonly orderId: string;
      readonly eventId: string;
      readonly isForeign: boolean;
    }
  | { readonly kind: 'skipped' }
  | { readonly kind: 'poison'; readonly reason: string }
);

export type OrderEvent = Extract<TopicEvent, { kind: 'event' }>;

const value = z.object({ orderId: z.string() });

const known = new WeakMap<TopicRecord, TopicEvent>();

/** Read once for each record, which never changes. */
export function topicEvent(evidence: Evidence, partition: number, record: TopicRecord): TopicEvent {
  const event = known.get(record) ?? read(evidence, partition, record);
  known.set(record, event);
  return event;
}

function read(evidence: Evidence, partition: number, record: TopicRecord): TopicEvent {
  const foreign = evidence.foreign.get(`${partition}@${record.offset}`);
  const at = { partition, record };
  if (foreign?.outcome === 'skipped') return { ...at, kind: 'skipped' };
  if (foreign !== undefined && foreign.outcome !== 'done') {
    return { ...at, kind: 'poison', reason: foreign.outcome };
  }
  const type = headerOf(record, 'ce_type');
  if (type !== 'OrderPlaced' && type !== 'OrderCancelled') throw new Error(`the relay published a ${type}`);
  const { orderId } = value.parse(JSON.parse(String(record.value)));
  const eventId = headerOf(record, 'ce_id');
  return { ...at, kind: 'event', type, orderId, eventId, isForeign: foreign !== undefined };
}

/** Everything on the topic, partition by partition. */
export function topicEvents(evidence: Evidence): TopicEvent[] {
  return evidence.topic.partitions.flatMap((records, partition) =>
    records.map((record) => topicEvent(evidence, partition, record)),
  );
}

export function orderEvents(evidence: Evidence): OrderEvent[] {
  return topicEvents(evidence).filter((event) => event.kind === 'event');
}

function headerOf({ headers }: TopicRecord, name: string): string {
  return String([headers[name] ?? ''].flat()[0]);
}
