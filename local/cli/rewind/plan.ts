/**
 * Where a rewind goes, as the command line has it, and what it does to each partition: it goes back, forward, or it stays.
 * Going forward passes over records that nobody has handled, so it is planned only where it is asked for, by an offset or by
 * `latest`, and counted.
 *
 *     low               to             committed           to           high
 *      |─────────────────|──── again ──────|── passed over ──|─── lag ────|
 */
import { momentOf } from '../moments.ts';

/** Where a consumer group is to go. */
export type RewindTarget =
  /** The oldest record that the topic still has. */
  | { readonly kind: 'beginning' }
  /** The first record of that time (epoch milliseconds) or later. */
  | { readonly kind: 'time'; readonly at: number }
  /** Behind the newest record, over all that was not handled. */
  | { readonly kind: 'latest' }
  /** The next offset to read, by `<topic>-<partition>`; other partitions stay where they are. */
  | { readonly kind: 'offsets'; readonly offsets: ReadonlyMap<string, bigint> };

/** `beginning`, `latest`, a time or a time ago, or `orders-0=12,orders-1=7`; `undefined` for anything else. */
export function rewindTarget(text: string, now: Date): RewindTarget | undefined {
  if (text === 'beginning' || text === 'latest') return { kind: text };
  const at = momentOf(text, now);
  if (at !== undefined) return { kind: 'time', at: Date.parse(at) };
  const offsets = new Map<string, bigint>();
  for (const part of text.split(',')) {
    const [, partition, offset] = /^(.+-\d+)=(\d+)$/.exec(part) ?? [];
    if (partition === undefined || offset === undefined || offsets.has(partition)) return undefined;
    offsets.set(partition, BigInt(offset));
  }
  return { kind: 'offsets', offsets };
}

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

/** A partition that moves, or that stays: then the two offsets are the same. */
export interface Step {
  readonly partition: number;
  /** `undefined`: the group has committed nothing there. */
  readonly committed: bigint | undefined;
  readonly to: bigint;
  /** Records that are read again, at most. */
  readonly again: bigint;
  /** Records that are never read, at most: counted from the oldest one where nothing is committed. */
  readonly passedOver: bigint;
}

export type RewindPlan =
  | { readonly kind: 'steps'; readonly steps: readonly Step[] }
  /** In words, what can't be done. */
  | { readonly kind: 'refused'; readonly why: string };

/**
 * Partitions without a committed offset have no step (their mapping's starting position decides), unless they are to go to
 * an offset.
 */
export function planRewind(topic: string, positions: readonly Position[], target: RewindTarget): RewindPlan {
  const refusal = target.kind === 'offsets' ? refusalOf(topic, positions, target.offsets) : undefined;
  if (refusal !== undefined) return { kind: 'refused', why: refusal };
  const steps = positions.flatMap((position): Step[] => {
    const { partition, low, high, committed } = position;
    const to = destination(topic, position, target);
    if (to === undefined) return [];
    const begin = committed ?? low;
    // A topic that was made anew may end before the group's offset.
    const last = lesser(begin, high);
    const again = committed === undefined ? 0n : greater(last - to, 0n);
    return [{ partition, committed, to, again, passedOver: greater(to - greater(begin, low), 0n) }];
  });
  return { kind: 'steps', steps };
}

/** Whether anything is to be done. */
export function moves(steps: readonly Step[]): boolean {
  return steps.some(({ committed, to }) => to !== committed);
}

/** Records that nobody would ever handle. */
export function passedOver(steps: readonly Step[]): bigint {
  return steps.reduce((sum, step) => sum + step.passedOver, 0n);
}

function destination(topic: string, position: Position, target: RewindTarget): bigint | undefined {
  const { partition, low, high, committed, atTime } = position;
  switch (target.kind) {
    case 'beginning':
      return back(low, low, committed);
    case 'time':
      return back(atTime, low, committed);
    case 'latest':
      return high;
    case 'offsets':
      return target.offsets.get(`${topic}-${partition}`) ?? committed;
  }
}

/** Never forward; and below `low` there is nothing to go back to, even if the group is there. */
function back(wanted: bigint | undefined, low: bigint, committed: bigint | undefined): bigint | undefined {
  if (wanted === undefined || committed === undefined || wanted >= committed || low >= committed)
    return committed;
  return greater(low, wanted);
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
    const { low, high, committed } = position;
    if (offset < low) return `${name} begins at ${low}: older records are gone`;
    if (offset > greater(high, committed ?? low)) return `${name} ends at ${high}`;
  }
  return undefined;
}

function greater(one: bigint, other: bigint): bigint {
  return one > other ? one : other;
}

function lesser(one: bigint, other: bigint): bigint {
  return one < other ? one : other;
}
