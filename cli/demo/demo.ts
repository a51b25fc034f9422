import { randomUUID } from 'node:crypto';
import type { LocalCloud } from '../../local/cloud.ts';
import { inFlight } from '../checkout-client.ts';
import { sampleOrder } from '../sample-orders.ts';
import type { EnvironmentKiller } from './environment-killer.ts';
import { observeMails } from './mails.ts';
import type { Observation } from './observation.ts';
import { type Phases, phases } from './phases.ts';
import type { DemoPlan } from './plan.ts';
import { openScene, type Scene } from './scene.ts';
import { mailsAreOut, quiet, untilShipped } from './waiting.ts';

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
export async function runDemo(
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
    const seen = await phase('counting from outside', () => observe(scene, cloud, placed, killer));
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
  await inFlight(plan.orders, plan.inFlight, async (n) => {
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

async function observe(
  { tables, names, topic, mailsBefore }: Scene,
  { engine }: LocalCloud,
  { created, replayed }: PlacedOrders,
  killer: EnvironmentKiller,
): Promise<Observation> {
  return {
    created,
    replayed,
    killedEnvironments: killer.killed(),
    orders: await tables.statuses(names.orders),
    outboxRows: await tables.rows(names.outbox),
    topic: await topic.observe(),
    mails: await observeMails(engine, mailsBefore),
    shipments: await tables.statuses(names.shipments),
    deadLetters: await tables.rows(names.deadLetters),
  };
}
