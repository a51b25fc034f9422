import { setTimeout as delay } from 'node:timers/promises';
import type { State } from '../checker/observation.ts';
import { positionsOf } from './world/observe.ts';
import type { LetterRow } from './world/tables.ts';
import type { World } from './world/world.ts';

const LOOK_EVERY_MS = 200;
const TELL_EVERY_MS = 5_000;
const TOLD_CHARACTERS = 200;
/** So long a row may lie in the outbox, with nothing moving, before the relay's schedule is run. */
const SWEEP_AFTER_MS = 1_500;

/**
 * So long no group may move before the claims that they may be waiting for run out: longer than a process is frozen, so
 * that nobody is left who could act under one.
 */
const LEASES_AFTER_MS = 10_000;

/** What a person could do something about when nothing else is to be done. */
interface Left {
  readonly outbox: number;
  /** Records that a group has not come to, by group; only those that have some. */
  readonly lag: ReadonlyMap<string, number>;
  /** Letters of records that are no poison. */
  readonly letters: readonly LetterRow[];
}

/**
 * Waits until nothing is left to do; as operators would, it runs the relay's schedule for rows that the stream has lost, and
 * replays what Lambda gave up. Answers what is left when nothing has moved for `stalledMs`.
 */
export async function settle(
  world: World,
  stalledMs: number,
  progress: (step: string) => void,
): Promise<readonly string[]> {
  let [last, movedAt, nudgedAt, toldAt] = ['', performance.now(), performance.now(), performance.now()];
  for (;;) {
    const left = await whatIsLeft(world).catch((error: unknown) => String(error));
    if (typeof left !== 'string' && isNothing(left)) return [];
    const now = performance.now();
    const described = typeof left === 'string' ? left : describe(left).join(', ');
    if (now - toldAt > TELL_EVERY_MS) {
      progress(`  left: ${described.slice(0, TOLD_CHARACTERS)}`);
      toldAt = now;
    }
    if (described !== last) [last, movedAt, nudgedAt] = [described, now, now];
    else if (now - movedAt > stalledMs) return typeof left === 'string' ? [left] : describe(left);
    else if (typeof left !== 'string' && now - nudgedAt > SWEEP_AFTER_MS) {
      await nudge(world, left, now - movedAt);
      nudgedAt = performance.now();
    }
    await delay(LOOK_EVERY_MS);
  }
}

async function whatIsLeft(world: World): Promise<Left> {
  const [outbox, positions, letters] = await Promise.all([
    world.tables.outbox(),
    positionsOf(world),
    world.tables.letters(),
  ]);
  return {
    outbox: outbox.length,
    lag: lagOf(positions),
    letters: letters.filter(isToReplay),
  };
}

function lagOf(positions: State['positions']): Left['lag'] {
  const lag = new Map<string, number>();
  for (const { group, committed, end } of positions) {
    if (end > committed) lag.set(group, (lag.get(group) ?? 0) + end - committed);
  }
  return lag;
}

/** One that is being replayed belongs to a run that was killed, when nothing moves. */
function isToReplay({ reason, status }: LetterRow): boolean {
  return status === 'REPLAYING' || (reason === 'retries-exhausted' && status !== 'REPLAYED');
}

function isNothing({ outbox, lag, letters }: Left): boolean {
  return outbox === 0 && lag.size === 0 && letters.length === 0;
}

function describe({ outbox, lag, letters }: Left): readonly string[] {
  return [
    ...(outbox > 0 ? [`${outbox} rows in the outbox`] : []),
    ...[...lag].map(([group, count]) => `${count} records that ${group} has not come to`),
    ...letters.map((letter) => `the letter ${nameOf(letter)} (${letter.reason}, ${letter.status})`),
  ];
}

async function nudge(
  { operator, mend, leases }: World,
  { outbox, lag, letters }: Left,
  stillMs: number,
): Promise<void> {
  if (outbox > 0) await operator.run('schedule', 'run', 'RelaySweep');
  // A claim that nobody hears he was granted is a living process's, and holds its partition up until its lease ends.
  if (lag.size > 0 && stillMs > LEASES_AFTER_MS) await leases.expireAll();
  if (outbox + lag.size > 0) return;
  mend();
  await leases.expireAll();
  const runs = new Set(letters.flatMap(({ runId }) => (runId === undefined ? [] : [runId])));
  for (const run of runs) await operator.run('dead-letters', 'replay', '--execute', '--resume', run);
  const open = letters.filter(({ runId }) => runId === undefined).map(nameOf);
  if (open.length === 0) return;
  // Named one by one, parked ones are replayed too.
  const limits = ['--rate', '50', '--cap', '50', '--reason', 'the faults are over'];
  await operator.run('dead-letters', 'replay', '--execute', ...limits, ...open);
}

function nameOf({ consumer, topic, partition, offset, timestamp }: LetterRow): string {
  return `${consumer}/${topic}-${partition}@${offset}#${timestamp}`;
}
