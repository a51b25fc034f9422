import { randomUUID } from 'node:crypto';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { mappingApi } from '../../../local/cli/mapping-api.ts';
import type { LocalCloud } from '../../../local/cloud.ts';
import type { MappingStatus } from '../../../local/event-sources/mappings.ts';
import { inFlight } from '../../checkout-client.ts';
import type { Selection } from '../../dead-letters/letters-table.ts';
import { type SampleOrder, sampleOrder } from '../../sample-orders.ts';
import { observeMails } from '../mails.ts';
import { type Phases, phases } from '../phases.ts';
import { openScene, type Scene } from '../scene.ts';
import { sum } from '../verdict.ts';
import { quiet, untilNone } from '../waiting.ts';
import type { CrashLoop } from './crash-loop.ts';
import type { MailProvider } from './mail-provider.ts';
import type { FaultsObservation } from './observation.ts';
import type { FaultsPlan } from './plan.ts';
import { poison } from './poison.ts';

const EMAIL = 'email-service';
const SHIPPING = 'shipping-service';
const REQUESTS_IN_FLIGHT = 20;
/** In an order's line: what shipping can't bear. */
export const CRASHES_SHIPPING = 'CRASHES-SHIPPING';

/** What is broken on purpose, and how letters are replayed. */
export interface FaultsStaging {
  readonly provider: MailProvider;
  readonly crashLoop: CrashLoop;
  /** Replays letters; answers how many were. */
  readonly replay: (selection: Selection) => Promise<number>;
}

/** Runs the plan against a local cloud, and counts from outside. */
export async function runFaults(
  cloud: LocalCloud,
  plan: FaultsPlan,
  { provider, crashLoop, replay }: FaultsStaging,
  progress: (text: string) => void,
): Promise<{ readonly seen: FaultsObservation; readonly phases: Phases }> {
  const scene = await openScene(cloud, plan.stalledMs);
  const { phase, taken } = phases(progress);
  const { names, tables, topic } = scene;
  const mailed = async () => sum((await observeMails(cloud.engine, scene.mailsBefore)).thankYou.values());
  const shipped = async (orderIds: readonly string[]) =>
    orderIds.length - (await missing(scene, names.shipments, orderIds));
  const email = () => mappingOf(cloud, EMAIL);

  try {
    provider.become('slow');
    const slow = await phase('placing orders; the mail provider is slow', async () => {
      const orderIds = await place(scene, plan, 0, plan.slow);
      await quiet(scene);
      return orderIds;
    });

    provider.become('down');
    const [mailsBefore, failedBefore] = [await mailed(), (await email()).failedBatches];
    const down = await phase('placing orders; the mail provider is down, one order crashes shipping', () =>
      place(scene, plan, plan.slow, plan.down, CRASHES_SHIPPING),
    );
    await phase('writing records that nobody can use', () => topic.spoil(poison));
    await phase('waiting until Lambda gives the crashing record up', () =>
      untilNone(
        async () => 1 - (await letters(scene, SHIPPING, 'retries-exhausted')) + (await topic.lag([SHIPPING])),
        plan.stalledMs,
      ),
    );
    const shippedInOutage = await shipped(down);
    crashLoop.mend();
    const replayed = await phase('shipping is mended: replaying its dead letter', () =>
      replay({ consumer: SHIPPING, reasons: ['retries-exhausted'] }),
    );
    await phase('waiting until the outage has outlasted an invocation of email', () =>
      untilNone(async () => ((await email()).failedBatches > failedBefore ? 0 : 1), plan.stalledMs),
    );
    const outage = {
      shipped: shippedInOutage,
      mailed: (await mailed()) - mailsBefore,
      outlastedAnInvocation: (await email()).failedBatches > failedBefore,
    };
    provider.become('well');
    await phase('the mail provider is back', () => quiet(scene));

    const mailsInTheLight = await mailed();
    await phase('email-service goes dark', () => switchEmail(cloud, false));
    const { delivered: deliveredBefore } = await email();
    const dark = await phase('placing orders in its dark hour', async () => {
      const orderIds = await place(scene, plan, plan.slow + plan.down, plan.dark);
      await untilNone(async () => orderIds.length - (await shipped(orderIds)), plan.stalledMs);
      return orderIds;
    });
    const inTheDark = {
      shipped: await shipped(dark),
      mailed: (await mailed()) - mailsInTheLight,
      lag: await topic.lag([EMAIL]),
    };
    await phase('it goes on at its offset', async () => {
      await switchEmail(cloud, true);
      await quiet(scene);
    });
    const delivered = (await email()).delivered - deliveredBefore;

    const seen = await phase('counting from outside', async () => ({
      created: slow.length + down.length + dark.length,
      orders: await tables.statuses(names.orders),
      outboxRows: await tables.rows(names.outbox),
      topic: await topic.observe(),
      mails: await observeMails(cloud.engine, scene.mailsBefore),
      shipments: await tables.statuses(names.shipments),
      letters: await tables.letters(names.deadLetters),
      crashed: crashLoop.alone(),
      allowed: allowedInvocations(cloud),
      outage,
      replayed,
      dark: { ...inTheDark, delivered },
    }));
    return { seen, phases: taken };
  } finally {
    await scene.close();
  }
}

/** Places orders of the plan, from the `first` on; one of them has a line with `marker` as its SKU, if there is one. */
async function place(
  { checkout }: Scene,
  { customers }: FaultsPlan,
  first: number,
  count: number,
  marker?: string,
): Promise<string[]> {
  const orderIds: string[] = [];
  await inFlight(count, REQUESTS_IN_FLIGHT, async (n) => {
    const order = sampleOrder(first + n, customers);
    const marked = marker !== undefined && n === Math.floor(count / 2);
    const placed = await checkout.place(marked ? withSku(order, marker) : order, randomUUID());
    // A new key each time: whatever is answered otherwise than 201 is an order that isn't new.
    if (placed.created) orderIds.push(placed.orderId);
  });
  return orderIds;
}

function withSku(order: SampleOrder, sku: string): SampleOrder {
  return { ...order, lines: order.lines.map((line) => ({ ...line, sku })) };
}

async function missing({ tables }: Scene, table: string, orderIds: readonly string[]): Promise<number> {
  const there = await tables.statuses(table);
  return orderIds.filter((orderId) => !there.has(orderId)).length;
}

async function letters({ tables, names }: Scene, consumer: string, reason: string): Promise<number> {
  const found = await tables.letters(names.deadLetters);
  return sum(
    [...found].flatMap(([kind, count]) => (kind.startsWith(`${consumer} ${reason} `) ? [count] : [])),
  );
}

async function mappingOf(cloud: LocalCloud, groupId: string): Promise<MappingStatus> {
  const { mappings } = await cloud.status();
  const found = mappings.find(({ source }) => source.endsWith(` as ${groupId}`));
  if (found === undefined) throw new Error(`no event source mapping reads as ${groupId}`);
  return found;
}

async function switchEmail(cloud: LocalCloud, enabled: boolean): Promise<void> {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = new LambdaClient({ endpoint: cloud.url, region: cloud.engine.region, credentials });
  try {
    const api = mappingApi(client);
    const { uuid } = await mappingOf(cloud, EMAIL);
    await api.settled(await api.setEnabled(uuid, enabled));
  } finally {
    client.destroy();
  }
}

/** The first invocation and its retries. */
function allowedInvocations({ model }: LocalCloud): number {
  const mapping = model.mappings.find((each) => each.kind === 'kafka' && each.groupId === SHIPPING);
  return mapping === undefined || mapping.maximumRetryAttempts === 'infinite'
    ? Number.POSITIVE_INFINITY
    : 1 + mapping.maximumRetryAttempts;
}
