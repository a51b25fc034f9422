import type { Consumer, FindConsumer } from './consumers.ts';
import type { Change } from './letter-state.ts';
import type { LetterSummary } from './stored-letter.ts';
import { begin, type Left, type ReplayRules } from './transitions.ts';

/** Why a letter can't be replayed. */
export type Skip =
  | Left
  /** No event source mapping has its consumer group. */
  | { readonly kind: 'unknown-consumer' }
  /** Several functions share its consumer group. */
  | { readonly kind: 'ambiguous-consumer' }
  /** Some bytes of its record were not kept. */
  | { readonly kind: 'truncated' }
  | { readonly kind: 'too-old' };

/** What a replay would do with a letter. */
export type Fate =
  | { readonly kind: 'replay'; readonly consumer: Consumer; readonly change: Change }
  | { readonly kind: 'park'; readonly change: Change }
  | { readonly kind: 'skip'; readonly skip: Skip };

/** A letter and what a replay would do with it. */
export interface PlannedLetter {
  readonly letter: LetterSummary;
  readonly fate: Fate;
}

export interface PlanRules extends ReplayRules {
  readonly findConsumer: FindConsumer;
  /** Milliseconds between the record's timestamp and now. */
  readonly maxAgeMs: number;
  /** Letters were named by id, not chosen by what they have in common. */
  readonly named: boolean;
}

/**
 * How old a record may be, unless the operator says otherwise.
 *
 * An effect that the ledger remembers is made once; DynamoDB drops its row 90 days after the effect at the earliest, and
 * the effect can't be older than the record:
 *
 *     record ───> effect, if it was made ────────────── 90 days ──────────────> the ledger has forgotten it
 *       └────────────────── 80 days: replayed ──────────────────┘   10 days: for clocks, and a run that takes long
 */
export const DEFAULT_MAX_AGE_MS = 80 * 86_400_000;

/** Decides what becomes of one letter. */
export function fateOf(letter: LetterSummary, rules: PlanRules, now: Date): Fate {
  const beginning = begin(letter, rules, rules.named, now);
  if (beginning.kind === 'leave') return skip(beginning.left);
  if (letter.truncatedFrom !== undefined) return skip({ kind: 'truncated' });
  const consumer = rules.findConsumer(letter.consumer, letter.topic);
  if (consumer === 'unknown') return skip({ kind: 'unknown-consumer' });
  if (consumer === 'ambiguous') return skip({ kind: 'ambiguous-consumer' });
  if (letter.timestamp < now.getTime() - rules.maxAgeMs) return skip({ kind: 'too-old' });
  const { kind, change } = beginning;
  return kind === 'park' ? { kind, change } : { kind: 'replay', consumer, change };
}

function skip(reason: Skip): Fate {
  return { kind: 'skip', skip: reason };
}

/** Letters in the order in which they are replayed: a consumer's partitions one after another, each by its offsets. */
export function inRecordOrder(letters: readonly LetterSummary[]): LetterSummary[] {
  return letters.toSorted(
    (one, other) =>
      compare(one.consumer, other.consumer) ||
      compare(one.topic, other.topic) ||
      one.partition - other.partition ||
      one.offset - other.offset ||
      one.timestamp - other.timestamp,
  );
}

function compare(one: string, other: string): number {
  return one === other ? 0 : one < other ? -1 : 1;
}
