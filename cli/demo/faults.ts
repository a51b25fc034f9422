import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { mappingApi } from '../../local/cli/mapping-api.ts';
import { realTiming } from '../../local/cli/pacing.ts';
import { bold, type Terminal } from '../../local/cli/terminal.ts';
import type { LocalCloud } from '../../local/cloud.ts';
import type { LocalConfig } from '../../local/config.ts';
import type { MappingStatus } from '../../local/event-sources/mappings.ts';
import { withDeadLetters } from '../dead-letters/dead-letters.ts';
import type { Selection } from '../dead-letters/letters-table.ts';
import { planReplay, replay } from '../dead-letters/replay.ts';
import { type SampleOrder, sampleOrder } from '../order/sample-orders.ts';
import { workThrough } from '../work-through.ts';
import { type CrashLoop, crashLoop, type MailProvider, mailProvider } from './breakages.ts';
import { type FaultsObservation, faultsVerdict, poison } from './faults-verdict.ts';
import { observe, observeMails, openScene, quiet, type Scene, untilNone } from './scene.ts';
import { functionOf, onStage, type Phases, phases, type Staging } from './stage.ts';
import { type DemoReport, describeCounts, isExact, sum } from './verdict.ts';

/** What the second part found, as data: what `--json` prints. */
type FaultsReport = Pick<DemoReport, 'exact' | 'orders' | 'counts' | 'phases'>;

/** The functions as CDK's assembly names them. */
const EMAIL_FUNCTION = 'orderly-orders/Email/Function';
const SHIPPING_FUNCTION = 'orderly-orders/Shipping/Function';
/** AWS publishes no schedule of its retries; a crash loop of 46 of them is to be seen within half a minute. */
const LONGEST_BACK_OFF_MS = 50;

/**
 * `orderly demo --faults`: the second part. Poison, a crash loop, a mail provider that is slow and then down for longer
 * than one invocation, a consumer that is dark for a while, and a replay to one consumer group; then every effect is
 * counted from outside.
 */
export async function demoFaults(
  projectDir: string,
  options: { readonly orders: number; readonly json: boolean; readonly engine?: Staging['engine'] },
  terminal: Terminal,
  interrupted: AbortSignal,
): Promise<FaultsReport> {
  const plan = faultsPlan(options.orders, poison.length);
  const title = `${plan.slow + plan.down + plan.dark} orders and ${plan.poison} poisoned records`;
  terminal.progress(`orderly demo --faults: ${title}`);
  let shipping: string | undefined;
  let ses = '';
  const dir = await mkdtemp(join(tmpdir(), 'orderly-faults-'));
  const isShipping = (functionName: string) => functionName === shipping;
  const loop = crashLoop(isShipping, CRASHES_SHIPPING, join(dir, 'crashing'));
  const provider = await mailProvider(() => ses);
  try {
    return await onStage(
      {
        projectDir,
        engine: options.engine,
        onInvocation: loop.onInvocation,
        // Each of the crashes that it is about would be a line.
        log: () => undefined,
        onEngine: (engine) => {
          ses = engine.awsEndpoint;
        },
        configure: (config) => ({
          ...config,
          functions: {
            ...config.functions,
            [EMAIL_FUNCTION]: withVariables(config, EMAIL_FUNCTION, { AWS_ENDPOINT_URL_SESV2: provider.url }),
            [SHIPPING_FUNCTION]: withVariables(config, SHIPPING_FUNCTION, loop.environment),
          },
          emulation: { ...config.emulation, longestBackOffMs: LONGEST_BACK_OFF_MS },
        }),
      },
      terminal,
      interrupted,
      async ({ cloud, dir: projectDir, startedMs, progress }) => {
        shipping = functionOf(cloud, 'shipping-service');
        const replay = (selection: Selection) => replayed(projectDir, selection, interrupted);
        const staging = { provider, crashLoop: loop, replay };
        const { seen, phases } = await runFaults(cloud, plan, staging, progress);
        const counts = faultsVerdict(plan, seen);
        const report: FaultsReport = {
          exact: isExact(counts),
          orders: plan.slow + plan.down + plan.dark,
          counts,
          phases: [['starting', startedMs], ...phases],
        };
        terminal.out(options.json ? JSON.stringify(report) : `\n${bold(title)}\n\n${describeCounts(report)}`);
        return report;
      },
    );
  } finally {
    await provider.stop();
    await rm(dir, { recursive: true, force: true });
  }
}

/** Does what an operator would; answers how many letters were replayed. */
async function replayed(projectDir: string, selection: Selection, interrupted: AbortSignal): Promise<number> {
  return withDeadLetters({ projectDir }, async (deadLetters) => {
    const choice = { selection, reason: 'shipping is mended', who: 'orderly demo' };
    const ports = { ...deadLetters, timing: realTiming, progress: () => undefined };
    const { counts } = await replay(await planReplay(deadLetters, choice), ports, interrupted);
    return counts.replayed ?? 0;
  });
}

function withVariables(
  { functions }: LocalConfig,
  path: string,
  variables: Readonly<Record<string, string>>,
): LocalConfig['functions'][string] {
  return { environment: { ...functions[path]?.environment, ...variables } };
}

const EMAIL = 'email-service';
const SHIPPING = 'shipping-service';
const REQUESTS_IN_FLIGHT = 20;
/** In an order's line: what shipping can't bear. */
const CRASHES_SHIPPING = 'CRASHES-SHIPPING';

/** What one run of the demo's second part does, decided before it starts. */
export interface FaultsPlan {
  readonly customers: number;
  /** Orders placed while the mail provider is slow. */
  readonly slow: number;
  /** Orders placed while it is down. One of them kills every shipping environment that gets it. */
  readonly down: number;
  /** Orders placed while email-service is disabled. */
  readonly dark: number;
  /** Records written to the topic that nobody can use. */
  readonly poison: number;
  /** When nothing has moved for so many milliseconds, what isn't there will not come. */
  readonly stalledMs: number;
}

/** The plan for a number of orders, at least four: half of them in slow times, a quarter each in an outage and in the dark. */
export function faultsPlan(orders: number, poison: number, stalledMs = 120_000): FaultsPlan {
  const quarter = Math.max(1, Math.floor(orders / 4));
  return {
    customers: Math.max(1, Math.floor(orders / 10)),
    slow: Math.max(2, orders - 2 * quarter),
    down: quarter,
    dark: quarter,
    poison,
    stalledMs,
  };
}

/** What is broken on purpose, and how letters are replayed. */
interface FaultsStaging {
  readonly provider: MailProvider;
  readonly crashLoop: CrashLoop;
  /** Replays letters; answers how many were. */
  readonly replay: (selection: Selection) => Promise<number>;
}

/** Runs the plan against a local cloud, and counts from outside. */
async function runFaults(
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
      ...(await observe(scene, cloud)),
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
  await workThrough(Array(count).keys(), REQUESTS_IN_FLIGHT, async (n) => {
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
