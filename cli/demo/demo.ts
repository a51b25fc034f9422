import { randomUUID } from 'node:crypto';
import { bold, type Terminal } from '../../local/cli/terminal.ts';
import type { LocalCloud } from '../../local/cloud.ts';
import { sampleOrder } from '../order/sample-orders.ts';
import { workThrough } from '../work-through.ts';
import { type EnvironmentKiller, environmentKiller } from './breakages.ts';
import { mailsAreOut, observe, openScene, quiet, type Scene, untilShipped } from './scene.ts';
import { functionOf, onStage, type Phases, phases, type Staging } from './stage.ts';
import { type DemoReport, describeReport, type Observation, reportOf } from './verdict.ts';

export interface DemoOptions {
  readonly orders: number;
  readonly json: boolean;
  /** How long nothing may move before the demo counts what there is. @default - 15 seconds */
  readonly stalledMs?: number;
  /** As `Staging` has it. */
  readonly engine?: Staging['engine'];
  /** Cloud assembly folder. @default - the project's app is synthesized */
  readonly app?: string | undefined;
}

/**
 * `orderly demo`: runs the whole system on free ports in a throw-away folder, drives it, kills a part of it, and counts
 * every effect from outside.
 *
 * The report's `exact` is what the exit code says. Nothing is left behind, whatever happens.
 */
export async function demo(
  projectDir: string,
  options: DemoOptions,
  terminal: Terminal,
  interrupted: AbortSignal,
): Promise<DemoReport> {
  const plan = demoPlan(options.orders, options.stalledMs);
  const title = `${plan.orders} orders of ${plan.customers} customers`;
  terminal.progress(`orderly demo: ${title}`);
  let shipping: string | undefined;
  const killer = environmentKiller((functionName) => functionName === shipping);
  const staging = {
    projectDir,
    app: options.app,
    engine: options.engine,
    onInvocation: killer.onInvocation,
  };
  return onStage(staging, terminal, interrupted, async ({ cloud, startedMs, progress }) => {
    shipping = functionOf(cloud, 'shipping-service');
    const result = await runDemo(cloud, plan, killer, progress);
    const report = reportOf(plan, { ...result, phases: [['starting', startedMs], ...result.phases] });
    terminal.out(options.json ? JSON.stringify(report) : `\n${bold(title)}\n\n${describeReport(report)}`);
    return report;
  });
}

/** What one run of the demo does, decided before it starts. */
export interface DemoPlan {
  readonly orders: number;
  readonly customers: number;
  /** Requests of `POST /orders` on their way at once. */
  readonly inFlight: number;
  /** Whether the n-th request is sent twice with one `Idempotency-Key`. */
  repeats(n: number): boolean;
  /** The orders from here on come so long after the kill that it can't have hit them alone. */
  readonly lateFrom: number;
  /** The orders, all of them late, that are cancelled once their thank-you mail is out. */
  readonly cancelled: readonly number[];
  /** Events written to the topic a second time. */
  readonly copies: number;
  /** Whether the time from the n-th order's answer to its shipment is taken. */
  timed(n: number): boolean;
  /** The request during which one shipping environment is killed. */
  readonly killDuring: number;
  /** When nothing has moved for so many milliseconds, what isn't there will not come. */
  readonly stalledMs: number;
}

const CANCELLED = 10;
const TIMED = 60;

/** The plan for a number of orders: a tenth of them repeated, a tenth of the events copied, ten cancelled. */
export function demoPlan(orders: number, stalledMs = 15_000): DemoPlan {
  const cancelled = Math.min(CANCELLED, orders);
  const late = Math.max(cancelled, Math.floor(orders / 5));
  const lateFrom = orders - late;
  const step = Math.max(1, Math.floor(orders / TIMED));
  return {
    orders,
    customers: Math.max(1, Math.floor(orders / 10)),
    inFlight: 20,
    repeats: (n) => n % 10 === 3,
    lateFrom,
    cancelled: Array.from({ length: cancelled }, (_, n) => lateFrom + Math.floor((n * late) / cancelled)),
    copies: Math.floor((orders + cancelled) / 10),
    timed: (n) => n % step === 0,
    killDuring: Math.floor(orders / 3),
    stalledMs,
  };
}

/** How many of the plan's requests are sent twice. */
export function repeatedRequests(plan: DemoPlan): number {
  let repeated = 0;
  for (let n = 0; n < plan.orders; n++) if (plan.repeats(n)) repeated++;
  return repeated;
}

/** What a run of the demo brings: what was seen, and how long it took. */
export interface DemoResult {
  readonly seen: Observation;
  /** Milliseconds from the HTTP answer to the shipment's row, for the timed orders. */
  readonly latencies: readonly number[];
  readonly phases: Phases;
}

/**
 * Runs the plan against a local cloud and counts from outside: tables, mail store and topic, read by this command's own
 * clients.
 */
async function runDemo(
  cloud: LocalCloud,
  plan: DemoPlan,
  killer: EnvironmentKiller,
  progress: (text: string) => void,
): Promise<DemoResult> {
  const scene = await openScene(cloud, plan.stalledMs);
  const timing = new AbortController();
  const { phase, taken } = phases(progress);

  try {
    const placed = await phase('placing orders', () => {
      const arm = () => {
        progress('killing shipping with SIGKILL in its next batch, as planned; the batch is delivered again');
        killer.arm();
      };
      return placeOrders(scene, plan, arm, timing.signal);
    });
    const cancelled = plan.cancelled.map((n) => placed.orderIds[n] ?? '');
    await phase('cancelling orders whose mail is out', async () => {
      await mailsAreOut(scene, cancelled);
      await Promise.all(cancelled.map((orderId) => scene.checkout.cancel(orderId)));
      await quiet(scene);
    });
    const late = new Set(placed.orderIds.slice(plan.lateFrom));
    await phase('writing events a second time', () =>
      // The cancelled orders first: a consumer without its condition would ship them again. Then other late ones: a
      // copy of what was on its way at the kill could make good what was lost in it.
      scene.topic.copy(
        (orderId) => (cancelled.includes(orderId) ? 0 : late.has(orderId) ? 1 : 2),
        plan.copies,
      ),
    );
    await phase('waiting until all is quiet', () => quiet(scene));
    timing.abort();
    const seen = await phase('counting from outside', async () => ({
      created: placed.created,
      replayed: placed.replayed,
      killedEnvironments: killer.killed(),
      deadLetters: await scene.tables.rows(scene.names.deadLetters),
      ...(await observe(scene, cloud)),
    }));
    const latencies = (await Promise.all(placed.timings)).filter((time) => time !== undefined);
    return { seen, latencies, phases: taken };
  } finally {
    timing.abort();
    await scene.close();
  }
}

interface PlacedOrders {
  readonly orderIds: readonly string[];
  readonly created: number;
  readonly replayed: number;
  readonly timings: readonly Promise<number | undefined>[];
}

async function placeOrders(
  scene: Scene,
  plan: DemoPlan,
  armKiller: () => void,
  timing: AbortSignal,
): Promise<PlacedOrders> {
  const { checkout } = scene;
  const run = randomUUID();
  const orderIds: string[] = [];
  const timings: Promise<number | undefined>[] = [];
  let [created, replayed] = [0, 0];
  await workThrough(Array(plan.orders).keys(), plan.inFlight, async (n) => {
    if (n === plan.killDuring) armKiller();
    const requests = plan.repeats(n) ? 2 : 1;
    for (let request = 0; request < requests; request++) {
      const placed = await checkout.place(sampleOrder(n, plan.customers), `${run}-${n}`);
      if (placed.created) created++;
      else replayed++;
      orderIds[n] = placed.orderId;
      if (request === 0 && plan.timed(n)) {
        const shipped = untilShipped(scene, placed, timing);
        // It is awaited when all is quiet; until then a failure must not count as unheard.
        shipped.catch(() => undefined);
        timings.push(shipped);
      }
    }
  });
  return { orderIds, created, replayed, timings };
}
