import type { LetterError, LetterReason } from '../dead-letters/letter.ts';
import { describeError } from '../logger.ts';
import { codeOf, isTransient } from '../transient.ts';

/** How a record ends; every record of a batch ends in exactly one of these. */
export type Outcome =
  /** The effect was made now. */
  | { readonly kind: 'done' }
  /** The effect had been made before, by an earlier delivery or by another copy of the event. */
  | { readonly kind: 'duplicate' }
  /** Nothing to do for this consumer. */
  | { readonly kind: 'skipped' }
  /** Not now: the record is to be delivered again. `code` says what stood in the way. */
  | { readonly kind: 'retry'; readonly code: string }
  /** Never: the record is stored for an operator. */
  | { readonly kind: 'dead-letter'; readonly reason: LetterReason; readonly error: LetterError };

export const DONE: Outcome = { kind: 'done' };
export const DUPLICATE: Outcome = { kind: 'duplicate' };
export const SKIPPED: Outcome = { kind: 'skipped' };

/** The record is to be delivered again because of `code`. */
export const retry = (code: string): Outcome => ({ kind: 'retry', code });

/** The record goes to the dead letters; `detail` names fields and places, never what a customer wrote. */
export const deadLetter = (reason: LetterReason, error: LetterError): Outcome => ({
  kind: 'dead-letter',
  reason,
  error,
});

/** What an exception means for the record that met it: transient ones pass, all others are for an operator. */
export function outcomeOfError(error: unknown): Outcome {
  const code = codeOf(error);
  if (isTransient(error)) return retry(code);
  return deadLetter('unexpected', { code, detail: describeError(error).at?.[0] ?? 'no stack' });
}

/** What the other copies of an event end as, given how its first copy ended. */
export function outcomeOfCopy(first: Outcome): Outcome {
  return first.kind === 'done' ? DUPLICATE : first;
}
