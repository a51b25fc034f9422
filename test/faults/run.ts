/**
 * The fault suite: the whole system on a real broker and a real engine, broken in every way that can be thought of, and
 * counted from outside.
 *
 *     npm run test:faults                              one seed of chance
 *     npm run test:faults -- --seeds 20                twenty, from a seed of chance on
 *     npm run test:faults -- --seed 4711               this one; the plan is the same every time, what comes when is not
 *     npm run test:faults -- --seed 4711 --orders 20   the same with fewer orders
 *     npm run test:faults -- --short                   two seeds that are always the same, and one of chance
 *
 * **What runs**: `orderly up` as its user starts it, with a broker and a MiniStack that outlive it (world/engine.ts). Every
 * request of a function goes through a proxy (world/requests.ts, world/kafka-requests.ts), which knows the process that
 * sent it: so it can be killed at that very request, before or after it is carried out.
 *
 *     seed ──> plan ──> orders, faults, incidents ──> faults end ──> at rest ──> one consumer down ──> at rest: `end`
 *                          └─ the local cloud is dead: `pauses`                everything is read again: `reread`
 *
 * **What is faster than life**: a claim to a mail that only time can free is let run out at once (world/leases.ts), and the
 * checkout's clock is slow, so that the relay's schedule has something to do (world/slow-clock.ts).
 *
 * **The checker** (checker/) gets plain data and shares no module with functions/. test/unit/faults/ has an observation that
 * breaks each invariant alone, test/integration/faults/ defects of the functions that a run finds.
 */
import { randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Interrupted, interruption } from '../../local/cli/interruption.ts';
import { synthesize } from '../../local/cli/synthesize.ts';
import { planOf, SHORT_SEEDS } from './plan.ts';
import { describeReport, reportOf } from './report.ts';
import { runSeed } from './run-seed.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string' },
    seed: { type: 'string' },
    orders: { type: 'string' },
    short: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});

const SHORT_ORDERS = 60;
/** Most of a run is waiting: for leases, restarts and time-outs. */
const AT_ONCE = 3;
/** A busy machine may take its time. */
const STALLED_MS = 60_000;

const root = fileURLToPath(new URL('../../', import.meta.url));
const say = (text: string) => process.stdout.write(`${text}\n`);
const progress = (text: string) => process.stderr.write(`${text}\n`);

function numberIn(name: 'seeds' | 'seed' | 'orders'): number | undefined {
  const text = values[name];
  if (text === undefined || /^[1-9]\d{0,8}$/.test(text)) return text === undefined ? undefined : Number(text);
  progress(`--${name} takes a number from 1, of at most nine digits`);
  process.exit(2);
}

const orders = numberIn('orders') ?? (values.short ? SHORT_ORDERS : undefined);
const first = numberIn('seed') ?? randomInt(1, 999_000_000);
const count = numberIn('seeds') ?? 1;
const seeds = values.short ? [...SHORT_SEEDS, first] : Array.from({ length: count }, (_, n) => first + n);

const interrupted = interruption(progress);
const folder = await mkdtemp(join(tmpdir(), 'orderly-faults-'));
const failed: number[] = [];
let ended = 0;

async function run(seed: number, assembly: string): Promise<void> {
  const begin = performance.now();
  const elapsed = () => `${((performance.now() - begin) / 1_000).toFixed(1)} s`.padStart(8);
  const tell = (step: string) => progress(`${String(seed).padStart(9)}  ${elapsed()}  ${step}`);
  const options = { assembly, folder, interrupted, stalledMs: STALLED_MS, progress: tell };
  const report = reportOf(await runSeed(planOf(seed, { orders }), options));
  say(values.json ? JSON.stringify(report) : describeReport(report));
  if (report.violations.length > 0) failed.push(seed);
}

/** Runs one seed after another of those that nobody has begun. */
async function runSome(waiting: number[], assembly: string): Promise<void> {
  for (let seed = waiting.shift(); seed !== undefined; seed = waiting.shift()) {
    const own = seed;
    await run(own, assembly).catch((error: unknown) => {
      if (error instanceof Interrupted) throw error;
      failed.push(own);
      progress(`seed ${own} could not be run to its end: ${error instanceof Error ? error.stack : error}`);
    });
    ended += 1;
  }
}

try {
  progress(`seeds ${seeds.join(', ')}`);
  const assembly = join(folder, 'cdk.out');
  await synthesize(root, assembly);
  const waiting = [...seeds];
  const working = Array.from({ length: AT_ONCE }, () => runSome(waiting, assembly));
  // An interruption ends them all, and each puts away what it started before it is heard of here.
  await Promise.allSettled(working);
  await Promise.all(working);
  process.exitCode = failed.length === 0 ? 0 : 1;
} catch (error) {
  if (!(error instanceof Interrupted)) throw error;
  process.exitCode = error.exitCode;
} finally {
  if (failed.length === 0) await rm(folder, { recursive: true, force: true });
}
progress(`${ended} seeds, ${failed.length} failed${failed.length > 0 ? `: ${failed.join(', ')}` : ''}`);
