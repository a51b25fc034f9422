/** What a replay would do with each letter, decided before it begins and again as each begins, and said to the operator. */
import { asDuration } from '../../local/cli/moments.ts';
import { printable, table } from '../../local/cli/terminal.ts';
import type { Consumer, FindConsumer } from './consumer.ts';
import type { LetterSummary } from './letters-table.ts';
import { begin, type Change, type Left, type ReplayRules } from './transitions.ts';

/** Why a letter can't be replayed. */
type Skip =
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

/** What a replay would do, by consumer and reason, and what it would leave and why. */
export function describePlan(planned: readonly PlannedLetter[], rules: PlanRules): string {
  const groups = new Map<string, { letter: LetterSummary; replay: number; park: number }>();
  const skips = new Map<string, number>();
  for (const { letter, fate } of planned) {
    if (fate.kind === 'skip') {
      const why = describeSkip(fate.skip, letter, rules);
      skips.set(why, (skips.get(why) ?? 0) + 1);
      continue;
    }
    const name = JSON.stringify([letter.consumer, letter.reason]);
    const group = groups.get(name) ?? { letter, replay: 0, park: 0 };
    group[fate.kind] += 1;
    groups.set(name, group);
  }
  const rows = [...groups.values()].map(({ letter, replay, park }) => [
    printable(letter.consumer),
    letter.reason,
    replay,
    park,
  ]);
  return [
    ...(rows.length === 0
      ? ['  Nothing to replay.']
      : [table([['consumer', 'reason', 'to replay', 'to park'], ...rows])]),
    ...(skips.size === 0
      ? []
      : [
          '',
          '  left as they are',
          table(
            [...skips].map(([why, count]) => [count, printable(why)]),
            '    ',
          ),
        ]),
  ].join('\n');
}

function describeSkip(skip: Skip, { consumer }: LetterSummary, { cap, maxAgeMs }: PlanRules): string {
  switch (skip.kind) {
    case 'reserved': {
      const until = new Date(skip.until).toISOString().slice(0, 16).replace('T', ' ');
      return `reserved by run ${skip.runId} until ${until} UTC: it is at work on them, or was killed (then --resume takes them)`;
    }
    case 'parked':
      return `PARKED after ${skip.replays} replays: --cap is ${cap}`;
    case 'settled':
      return `${skip.status} already`;
    case 'unknown-consumer':
      return `no event source mapping of the app has the consumer group ${consumer}`;
    case 'ambiguous-consumer':
      return `several functions have the consumer group ${consumer}`;
    case 'truncated':
      return 'not all bytes of the record were kept';
    case 'too-old':
      return `the record is older than ${asDuration(maxAgeMs)} (--max-age)`;
  }
}

/** A plan for scripts. */
export function planJson({ letter: { consumer, recordId, reason }, fate }: PlannedLetter): object {
  return {
    consumer,
    recordId,
    reason,
    fate: fate.kind,
    ...(fate.kind === 'skip' && { skip: fate.skip }),
  };
}
