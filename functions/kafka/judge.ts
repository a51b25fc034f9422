import type { OrderEvent } from '../orders/events.ts';
import { parseRecord } from '../orders/wire.ts';
import { deadLetter, type Outcome, outcomeOfError, SKIPPED } from './outcome.ts';
import type { KafkaRecord } from './record.ts';

/** A record that carries an event. */
export interface EventRecord {
  readonly record: KafkaRecord;
  readonly event: OrderEvent;
}

/** Either the event of a record, or how the record ends without one. */
export type Judged = { readonly event: OrderEvent } | { readonly outcome: Outcome };

/** Parses a record's bytes. Even an exception is a verdict, on this record alone. */
export function judgeRecord(record: KafkaRecord): Judged {
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
