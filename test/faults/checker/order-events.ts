import { z } from 'zod';
import type { State, TopicRecord } from './observation.ts';

/** An event of an order, in a record of the topic; of copies, each is one. */
export interface OrderEvent {
  readonly record: TopicRecord;
  readonly eventId: string;
  readonly orderId: string;
  /** Counts from 1 within its order. */
  readonly seq: number;
  readonly type: 'OrderPlaced' | 'OrderCancelled';
  readonly data: Ordered;
}

type Ordered = z.infer<typeof Ordered>;

const Ordered = z.looseObject({ orderId: z.string(), customerId: z.string(), email: z.string() });
const Type = z.enum(['OrderPlaced', 'OrderCancelled']);

/** The events on the topic that are not somebody else's, in the order of their partitions. */
export function orderEvents({ topic }: Pick<State, 'topic'>): readonly OrderEvent[] {
  return topic.filter(({ planted }) => planted === undefined).map(orderEvent);
}

export function orderEvent(record: TopicRecord): OrderEvent {
  const eventId = headerOf(record, 'ce_id');
  const [orderId = '', seq] = eventId.split('.');
  const data = Ordered.parse(JSON.parse(textOf(record.value)));
  return { record, eventId, orderId, seq: Number(seq), type: Type.parse(headerOf(record, 'ce_type')), data };
}

/** `<partition>@<offset>` */
export function placeOf({
  partition,
  offset,
}: {
  readonly partition: number;
  readonly offset: number;
}): string {
  return `${partition}@${offset}`;
}

function headerOf({ headers }: TopicRecord, name: string): string {
  return textOf(headers.find(([each]) => each === name)?.[1] ?? null);
}

function textOf(base64: string | null): string {
  return Buffer.from(base64 ?? '', 'base64').toString('utf8');
}
