import type { LetterError, LetterReason } from '../dead-letters/letter.ts';
import { OrderlyError } from '../errors.ts';
import { describeError } from '../logger.ts';
import { codeOf, isTransient } from '../transient.ts';
import type { KafkaRecord } from './decode.ts';

/** How a record ends; every record of a batch ends in exactly one of these. */
export type Outcome =
  /** The effect was made now. */
  | { readonly kind: 'done' }
  /** The effect had been made before, by an earlier delivery or by another copy of the event. */
  | { readonly kind: 'duplicate' }
  /** Nothing to do for this consumer. */
  | { readonly kind: 'skipped' }
  /** Not now: the record is to be delivered again. `code` says what stood in the way. */
  | { readonly kind: 'retry'; readonly code: string; readonly withheld?: Withheld }
  /** Never: the record is stored for an operator. */
  | { readonly kind: 'dead-letter'; readonly reason: LetterReason; readonly error: LetterError };

/** Why a record waits that doesn't wait for something that passes by itself: somebody has to act. */
export type Withheld =
  /** The account with which effects are made refuses them all. */
  | 'account'
  /** Most records fail or are refused, or nothing says yet that others don't: see suspicion.ts. */
  | 'suspicion';

export const DONE: Outcome = { kind: 'done' };
export const DUPLICATE: Outcome = { kind: 'duplicate' };
export const SKIPPED: Outcome = { kind: 'skipped' };

/** The record is to be delivered again because of `code`. */
export const retry = (code: string): Outcome => ({ kind: 'retry', code });

/** The same, for a reason that somebody has to see to. */
export const withheld = (why: Withheld, code: string): Outcome => ({ kind: 'retry', code, withheld: why });

/** There was no time left to begin it. */
export const OUT_OF_TIME = retry('OUT_OF_TIME');

/**
 * The world refuses an effect for the account's sake and not for the record's: another record would meet the same. It passes
 * when somebody has acted, and until then the records wait.
 */
export class AccountRefusal extends OrderlyError {
  constructor(code: string, cause: unknown) {
    super(code, 'the account with which effects are made refuses them', { retriable: true, cause });
  }
}

/** The record goes to the dead letters; `detail` names fields and places, never what a customer wrote. */
export const deadLetter = (reason: LetterReason, error: LetterError): Outcome => ({
  kind: 'dead-letter',
  reason,
  error,
});

/** What an exception means for the record that met it: transient ones pass, all others are for an operator. */
export function outcomeOfError(error: unknown): Outcome {
  const code = codeOf(error);
  if (error instanceof AccountRefusal) return withheld('account', code);
  if (isTransient(error)) return retry(code);
  return deadLetter('unexpected', { code, detail: describeError(error).at?.[0] ?? 'no stack' });
}

/** What the other copies of an event end as, given how its first copy ended. */
export function outcomeOfCopy(first: Outcome): Outcome {
  return first.kind === 'done' ? DUPLICATE : first;
}

/** Names one record to an event source mapping; for Kafka an object, where other sources have a string. */
interface KafkaItemIdentifier {
  /** `<topic>-<partition>`, as the batch spelled it. */
  readonly partition: string;
  readonly offset: number;
}

/**
 * The answer to an event source mapping with `ReportBatchItemFailures`: the records to deliver again.
 *
 * https://docs.aws.amazon.com/lambda/latest/dg/kafka-retry-configurations.html
 */
export interface KafkaBatchResponse {
  readonly batchItemFailures: readonly { readonly itemIdentifier: KafkaItemIdentifier }[];
}

/** A record and how it ended. */
export interface SettledRecord {
  readonly record: KafkaRecord;
  readonly outcome: Outcome;
}

/** Names exactly the records that are to be delivered again. */
export function batchResponse(settled: readonly SettledRecord[]): KafkaBatchResponse {
  return {
    batchItemFailures: settled
      .filter(({ outcome }) => outcome.kind === 'retry')
      .map(({ record }) => ({
        itemIdentifier: { partition: record.topicPartition, offset: record.offset },
      })),
  };
}
