/**
 * What a rewind does to each partition: it goes back, or it stays. Going forward would pass over records that nobody has
 * handled, so it is never done, and refused where it is asked for by an offset.
 *
 *     low               to             committed            high
 *      |─────────────────|──── again ──────|───── lag ────────|
 */
import type { RewindTarget } from './target.ts';

/** Where a partition and its group stand. */
export interface Position {
  readonly partition: number;
  /** The oldest record's offset, and the one that the next record will get. */
  readonly low: bigint;
  readonly high: bigint;
  /** The next offset that the group reads; `undefined`: it has committed none. */
  readonly committed: bigint | undefined;
  /** The first offset of the target's time or later; `undefined` if there is none, or no time was asked for. */
  readonly atTime: bigint | undefined;
}

/** A partition that goes back, or that stays: then the two offsets are the same. */
export interface Step {
  readonly partition: number;
  readonly committed: bigint;
  readonly to: bigint;
  /** Records that are read again, at most. */
  readonly again: bigint;
}

export type RewindPlan =
  | { readonly kind: 'steps'; readonly steps: readonly Step[] }
  /** In words, what can't be done. */
  | { readonly kind: 'refused'; readonly why: string };

/** Partitions without a committed offset have no step: their mapping's starting position decides. */
export function planRewind(topic: string, positions: readonly Position[], target: RewindTarget): RewindPlan {
  const refusal = target.kind === 'offsets' ? refusalOf(topic, positions, target.offsets) : undefined;
  if (refusal !== undefined) return { kind: 'refused', why: refusal };
  const steps = positions.flatMap((position): Step[] => {
    const { partition, low, high, committed } = position;
    if (committed === undefined) return [];
    const wanted = wantedOffset(topic, position, target) ?? committed;
    // Below `low` there is nothing to go back to, even if the group is there.
    const to = wanted < committed && low < committed ? greater(low, wanted) : committed;
    // A topic that was made anew may end before the group's offset.
    const beyond = greater(committed - high, 0n);
    return [{ partition, committed, to, again: greater(committed - beyond - to, 0n) }];
  });
  return { kind: 'steps', steps };
}

/** Whether anything is to be done. */
export function goesBack(steps: readonly Step[]): boolean {
  return steps.some(({ committed, to }) => to !== committed);
}

function wantedOffset(topic: string, { partition, low, atTime }: Position, target: RewindTarget) {
  switch (target.kind) {
    case 'beginning':
      return low;
    case 'time':
      return atTime;
    case 'offsets':
      return target.offsets.get(`${topic}-${partition}`);
  }
}

function refusalOf(
  topic: string,
  positions: readonly Position[],
  offsets: ReadonlyMap<string, bigint>,
): string | undefined {
  const byName = new Map(positions.map((position) => [`${topic}-${position.partition}`, position]));
  for (const [name, offset] of offsets) {
    const position = byName.get(name);
    if (position === undefined) return `there is no partition ${name}: ${[...byName.keys()].join(', ')}`;
    const { low, committed } = position;
    if (committed === undefined) return `the group has committed nothing on ${name}`;
    if (offset > committed) return `${name} is at ${committed}: going to ${offset} would pass over records`;
    if (offset < low) return `${name} begins at ${low}: older records are gone`;
  }
  return undefined;
}

function greater(one: bigint, other: bigint): bigint {
  return one > other ? one : other;
}
