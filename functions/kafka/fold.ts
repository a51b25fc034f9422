import type { OrderEvent } from '../orders/events.ts';
import type { OrderId } from '../orders/ids.ts';
import { parseRecord } from '../orders/wire.ts';
import type { KafkaRecord } from './decode.ts';
import { deadLetter, type Outcome, outcomeOfError, SKIPPED } from './outcome.ts';

/** A record that carries an event. */
export interface EventRecord {
  readonly record: KafkaRecord;
  readonly event: OrderEvent;
}

/** Either the event of a record, or how the record ends without one. */
type EventOrOutcome = { readonly event: OrderEvent } | { readonly outcome: Outcome };

/** Parses a record's bytes. Even an exception is a verdict, on this record alone. */
export function eventOf(record: KafkaRecord): EventOrOutcome {
  try {
    const parsed = parseRecord(record);
    switch (parsed.kind) {
      case 'event':
        return { event: parsed.event };
      case 'skipped':
        return { outcome: SKIPPED };
      case 'rejected':
        return {
          outcome: deadLetter(parsed.reason, { code: 'RECORD_REJECTED', detail: parsed.detail }),
        };
    }
  } catch (error) {
    return { outcome: outcomeOfError(error) };
  }
}

/** An event of a batch and the records that carry it, byte for byte the same, in order of arrival. */
export interface BatchEvent<Event extends OrderEvent = OrderEvent> {
  readonly event: Event;
  readonly copies: readonly [KafkaRecord, ...KafkaRecord[]];
}

/** What a batch says about one order, in order of arrival. */
export interface OrderEvents {
  readonly orderId: OrderId;
  readonly events: readonly [BatchEvent, ...BatchEvent[]];
}

interface OpenEvent {
  readonly event: OrderEvent;
  readonly copies: [KafkaRecord, ...KafkaRecord[]];
}

/**
 * Folds a batch per order, so that an effect sees an order once and an event once, however often it was delivered.
 *
 * Records with one event id but other bytes stay apart: which of them is right is for the effect to say.
 */
export function foldByOrder(records: readonly EventRecord[]): OrderEvents[] {
  const orders = new Map<OrderId, [OpenEvent, ...OpenEvent[]]>();
  for (const { event, record } of records) {
    const opened: OpenEvent = { event, copies: [record] };
    const events = orders.get(event.data.orderId);
    if (events === undefined) {
      orders.set(event.data.orderId, [opened]);
      continue;
    }
    const same = events.find((earlier) => isCopy(earlier, opened));
    if (same === undefined) events.push(opened);
    else same.copies.push(record);
  }
  return [...orders].map(([orderId, events]) => ({ orderId, events }));
}

function isCopy(a: OpenEvent, b: OpenEvent): boolean {
  const [x, y] = [a.copies[0].value, b.copies[0].value];
  return (
    a.event.eventId === b.event.eventId &&
    a.event.type === b.event.type &&
    x !== null &&
    y !== null &&
    Buffer.compare(x, y) === 0
  );
}
