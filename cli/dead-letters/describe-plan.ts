import { asDuration } from '../moments.ts';
import { printable, table } from '../terminal.ts';
import type { PlannedLetter, PlanRules, Skip } from './plan.ts';
import type { LetterSummary } from './stored-letter.ts';

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
