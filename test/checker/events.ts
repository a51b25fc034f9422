/** What records of the topic say, and what each look at a run has in common. */
import { z } from 'zod';
import type {
  Content,
  Observation,
  Place,
  Schedule,
  State,
  Step,
  TopicRecord,
  Unseen,
} from './observation.ts';
import { UNSEEN } from './observation.ts';

/** An event of an order, in a record of the topic; of copies, each is one. */
export interface OrderEvent {
  readonly record: TopicRecord;
  readonly eventId: string;
  readonly orderId: string;
  /** Counts from 1 within its order. */
  readonly seq: number;
  readonly type: 'OrderPlaced' | 'OrderCancelled';
  readonly data: z.infer<typeof Ordered>;
}

const Ordered = z.looseObject({
  orderId: z.string(),
  customerId: z.string().optional(),
  email: z.string().optional(),
});
const Type = z.enum(['OrderPlaced', 'OrderCancelled']);

/** All events that consumers have to handle, somebody else's too, in the order of their partitions. */
export function orderEvents({ topic }: Pick<State, 'topic'>): readonly OrderEvent[] {
  return topic.filter(({ planted }) => planted === undefined || planted === 'event').map(orderEvent);
}

/** The events that the relay published. */
export function publishedEvents(state: Pick<State, 'topic'>): readonly OrderEvent[] {
  return orderEvents(state).filter(({ record }) => record.planted === undefined);
}

/** Records are looked at many times. */
const known = new WeakMap<TopicRecord, OrderEvent>();

export function orderEvent(record: TopicRecord): OrderEvent {
  const event = known.get(record) ?? read(record);
  known.set(record, event);
  return event;
}

function read(record: TopicRecord): OrderEvent {
  const eventId = headerOf(record, 'ce_id');
  const data = Ordered.parse(JSON.parse(textOf(record.value)));
  const seq = Number(eventId.slice(eventId.lastIndexOf('.') + 1));
  return { record, eventId, orderId: data.orderId, seq, type: Type.parse(headerOf(record, 'ce_type')), data };
}

/** `<partition>@<offset>` */
export function placeOf({ partition, offset }: Place): string {
  return `${partition}@${offset}`;
}

/** Whether two records have the same bytes. */
export function isEqual(one: Content, other: Content): boolean {
  return (
    one.key === other.key &&
    one.value === other.value &&
    one.headers.length === other.headers.length &&
    one.headers.every(([name, value], n) => name === other.headers[n]?.[0] && value === other.headers[n]?.[1])
  );
}

/** Every whole state that was looked at. */
export function statesOf({ pauses, end, reread }: Observation): readonly State[] {
  return [...pauses, end, ...(reread === UNSEEN ? [] : [reread])];
}

/** What the steps tell, if they were seen. */
export function fromSteps(
  { schedule }: Observation,
  tell: (steps: readonly Step[], schedule: Schedule) => readonly string[],
): readonly string[] | Unseen {
  return schedule === UNSEEN ? UNSEEN : tell(schedule.steps, schedule);
}

function headerOf({ headers }: TopicRecord, name: string): string {
  return textOf(headers.find(([each]) => each === name)?.[1] ?? null);
}

function textOf(base64: string | null): string {
  return Buffer.from(base64 ?? '', 'base64').toString('utf8');
}
