import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { LocalCloud } from '../../local/cloud.ts';
import { LocalCloudError } from '../../local/errors.ts';
import { type CheckoutClient, checkoutClient, inFlight, type Placed } from '../checkout-client.ts';
import { sampleOrder } from '../sample-orders.ts';
import type { EnvironmentKiller } from './environment-killer.ts';
import { observeMails } from './mails.ts';
import type { Observation } from './observation.ts';
import type { DemoPlan } from './plan.ts';
import { type TablesWitness, tablesWitness } from './tables.ts';
import { type TopicWitness, topicWitness } from './topic.ts';

/** What a run of the demo brings: what was seen, and how long it took. */
export interface DemoResult {
  readonly seen: Observation;
  /** Milliseconds from the HTTP answer to the shipment's row, for the timed orders. */
  readonly latencies: readonly number[];
  /** Milliseconds by phase, in the order they ran. */
  readonly phases: readonly (readonly [phase: string, milliseconds: number])[];
}

/** Names of the tables, by the outputs of the app's stacks. */
interface TableNames {
  readonly orders: string;
  readonly outbox: string;
  readonly shipments: string;
  readonly emailLedger: string;
  readonly deadLetters: string;
}

/** When nothing has moved for this long, what isn't there will not come. */
const STALLED_MS = 15_000;
const POLL_MS = 50;

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
  const names = tableNames(cloud);
  const { topic, groups } = consumedTopic(cloud);
  const tables = tablesWitness(cloud.engine.awsEndpoint, cloud.engine.region);
  const witness = await topicWitness(cloud.engine.bootstrapServers, topic);
  const checkout = checkoutClient(cloudApi(cloud));
  const timing = new AbortController();
  const phases: [string, number][] = [];
  const phase = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    progress(name);
    const start = performance.now();
    try {
      return await work();
    } finally {
      phases.push([name, performance.now() - start]);
    }
  };

  try {
    const placed = await phase('placing orders', () =>
      placeOrders(plan, checkout, tables, names, killer, timing.signal),
    );
    const cancelled = plan.cancelled.map((n) => placed.orderIds[n] ?? '');
    await phase('cancelling orders whose mail is out', async () => {
      await mailsAreOut(cancelled, tables, names);
      await Promise.all(cancelled.map((orderId) => checkout.cancel(orderId)));
      await quiet(tables, names, witness, groups);
    });
    await phase('writing events a second time', () =>
      // The cancelled orders first: a consumer without its condition would ship them again.
      witness.copy((orderId) => cancelled.includes(orderId), plan.copies),
    );
    await phase('waiting until all is quiet', () => quiet(tables, names, witness, groups));
    timing.abort();
    const seen = await phase('counting from outside', async () => ({
      created: placed.created,
      replayed: placed.replayed,
      killedEnvironments: killer.killed(),
      orders: await tables.statuses(names.orders),
      outboxRows: await tables.rows(names.outbox),
      topic: await witness.observe(),
      mails: await observeMails(cloud.engine.awsEndpoint, cloud.engine.account),
      shipments: await tables.statuses(names.shipments),
      deadLetters: await tables.rows(names.deadLetters),
    }));
    const latencies = (await Promise.all(placed.timings)).filter((time) => time !== undefined);
    return { seen, latencies, phases };
  } finally {
    timing.abort();
    tables.close();
    await witness.close();
  }
}

interface PlacedOrders {
  readonly orderIds: readonly string[];
  readonly created: number;
  readonly replayed: number;
  readonly timings: readonly Promise<number | undefined>[];
}

async function placeOrders(
  plan: DemoPlan,
  checkout: CheckoutClient,
  tables: TablesWitness,
  names: TableNames,
  killer: EnvironmentKiller,
  timing: AbortSignal,
): Promise<PlacedOrders> {
  const run = randomUUID();
  const orderIds: string[] = [];
  const timings: Promise<number | undefined>[] = [];
  let [created, replayed] = [0, 0];
  await inFlight(plan.orders, plan.inFlight, async (n) => {
    if (n === plan.killDuring) killer.arm();
    const requests = plan.repeats(n) ? 2 : 1;
    for (let request = 0; request < requests; request++) {
      const placed = await checkout.place(sampleOrder(n, plan.customers), `${run}-${n}`);
      if (placed.created) created++;
      else replayed++;
      orderIds[n] = placed.orderId;
      if (request === 0 && plan.timed(n)) {
        const shipped = untilShipped(placed, tables, names, timing);
        // It is awaited when all is quiet; until then a failure must not count as unheard.
        shipped.catch(() => undefined);
        timings.push(shipped);
      }
    }
  });
  return { orderIds, created, replayed, timings };
}

/** Milliseconds from the answer to the shipment; undefined if there is none by the time that timing ends. */
async function untilShipped(
  { orderId, answeredAt }: Placed,
  tables: TablesWitness,
  names: TableNames,
  timing: AbortSignal,
): Promise<number | undefined> {
  while (!timing.aborted) {
    if (await tables.hasOrder(names.shipments, orderId)) return Date.now() - answeredAt;
    await delay(POLL_MS);
  }
  return undefined;
}

async function mailsAreOut(
  orderIds: readonly string[],
  tables: TablesWitness,
  names: TableNames,
): Promise<void> {
  const keys = orderIds.map((orderId) => `email-service#${orderId}.1`);
  const sent = () => tables.withStatus(names.emailLedger, 'eventKey', keys, 'SENT');
  await untilNone(async () => keys.length - (await sent()));
}

/** Waits until the outbox is empty and every group has committed up to the end of the topic. */
async function quiet(
  tables: TablesWitness,
  names: TableNames,
  witness: TopicWitness,
  groups: readonly string[],
): Promise<void> {
  await untilNone(async () => (await tables.rows(names.outbox)) + (await witness.lag(groups)));
}

/** Waits until nothing is left, or nothing moves any more: what is missing then is for the count to say. */
async function untilNone(left: () => Promise<number>): Promise<void> {
  let [last, movedAt] = [Number.NaN, Date.now()];
  while (Date.now() - movedAt < STALLED_MS) {
    const now = await left();
    if (now === 0) return;
    if (now !== last) [last, movedAt] = [now, Date.now()];
    await delay(POLL_MS);
  }
}

function tableNames({ model }: LocalCloud): TableNames {
  const output = (name: string): string => {
    const found = Object.entries(model.outputs).find(([key]) => key.endsWith(`.${name}`));
    if (found) return found[1];
    throw new LocalCloudError('CONFIG_INVALID', `no stack of the app has the output ${name}`, {
      remedy: ['The demo counts the effects of this project’s order system; run it on its own assembly.'],
    });
  };
  return {
    orders: output('OrdersTable'),
    outbox: output('OutboxTable'),
    shipments: output('ShipmentsTable'),
    emailLedger: output('EmailLedgerTable'),
    deadLetters: output('DeadLettersTable'),
  };
}

function consumedTopic({ model }: LocalCloud): { topic: string; groups: readonly string[] } {
  const mappings = model.mappings.filter((mapping) => mapping.kind === 'kafka');
  const [first] = mappings;
  if (first === undefined) throw new LocalCloudError('CONFIG_INVALID', 'the app consumes no topic');
  return { topic: first.topic, groups: mappings.map(({ groupId }) => groupId) };
}

function cloudApi({ apis }: LocalCloud): string {
  const [api] = apis;
  if (api === undefined) throw new LocalCloudError('CONFIG_INVALID', 'the app has no HTTP API');
  return api.url;
}
