import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { unlessInterrupted } from '../../local/cli/interruption.ts';
import { check, type Verdict } from '../checker/check.ts';
import {
  CONSUMERS,
  type Consumer,
  EMAIL,
  type Outage,
  SALES,
  type SeenFromOutside,
  SHIPPING,
  type State,
  UNSEEN,
} from '../checker/observation.ts';
import { happen, rewind, switchMapping } from './incidents.ts';
import type { Plan } from './plan.ts';
import { countedBy } from './report.ts';
import { settle } from './settle.ts';
import { type Shoppers, shoppers } from './shoppers.ts';
import { type FunctionNames, functionNamesOf, onRecord, stateOf } from './world/observe.ts';
import { until } from './world/waiting.ts';
import { DEADLY_SKU, openWorld, type World } from './world/world.ts';

export interface SeedOptions {
  /** Cloud assembly of the app, or of one with a defect. */
  readonly assembly: string;
  /** When nothing has moved for so many milliseconds, what isn't there will not come. */
  readonly stalledMs: number;
  /** Hears what is being done. */
  readonly progress: (step: string) => void;
  /** Where the run has a folder of its own. That of a run with violations stays, with its logs. */
  readonly folder: string;
  readonly interrupted: AbortSignal;
}

/** What came of a run. */
export interface SeedResult extends Verdict {
  readonly plan: Plan;
  readonly observation: SeenFromOutside;
  /** How often each kind of fault struck. */
  readonly faults: ReadonlyMap<string, number>;
  readonly durationMs: number;
  /** Where it ran. */
  readonly dir: string;
}

/** Orders that are placed while one consumer is down. */
const OUTAGE_ORDERS = 8;

/** Runs the plan against the whole system in a folder of its own, and has the checker judge what was seen. */
export async function runSeed(plan: Plan, options: SeedOptions): Promise<SeedResult> {
  const { assembly, progress, folder, interrupted } = options;
  const begin = performance.now();
  const dir = await mkdtemp(join(folder, `seed-${plan.seed}-`));
  progress('starting');
  const world = await openWorld(plan, assembly, dir);
  let verdict: Verdict | undefined;
  try {
    const observation = await unlessInterrupted(act(world, options), interrupted);
    verdict = check(observation);
    const faults = countedBy(world.log.faults, ({ kind }) => kind);
    return { plan, observation, faults, ...verdict, durationMs: performance.now() - begin, dir };
  } finally {
    await world.close();
    if (verdict?.violations.length === 0 || interrupted.aborted)
      await rm(dir, { recursive: true, force: true });
  }
}

async function act(world: World, { stalledMs, progress }: SeedOptions): Promise<SeenFromOutside> {
  const { plan, cloud, requests, kafkaRequests, log } = world;
  const functionNames = await functionNamesOf(world);
  const pauses: State[] = [];
  const people = shoppers({
    api: cloud.api,
    chance: plan.chance.fork(),
    deadlySku: plan.isDeadly ? DEADLY_SKU : undefined,
  });
  const strike = (isOn: boolean) => {
    requests.strike(isOn);
    kafkaRequests.strike(isOn);
  };

  progress(`${plan.orders} orders, and faults`);
  strike(true);
  await Promise.all([
    people.order(plan.orders, plan.shoppers),
    incidents(world, people, functionNames, progress, (state) => pauses.push(state)),
  ]);
  strike(false);

  progress('the faults are over');
  const unfinished = [...(await settle(world, stalledMs, progress))];
  progress(plan.outage);
  const outage = await outageOf(world, people, stalledMs);
  unfinished.push(...(await settle(world, stalledMs, progress)));
  const end = await stateOf(world, functionNames);
  progress('reading everything again');
  await Promise.all(CONSUMERS.map((group) => rewind({ world }, group)));
  unfinished.push(...(await settle(world, stalledMs, progress)));
  const reread = await stateOf(world, functionNames);

  return {
    retryAttempts: plan.retryAttempts,
    isDeadly: plan.isDeadly,
    // The provider takes everything.
    refuses: [],
    exchanges: people.exchanges,
    pauses,
    passes: [],
    end,
    reread,
    outages: [outage],
    ...onRecord(log),
    marks: world.marks,
    schedule: UNSEEN,
    indiscretions: world.indiscretions(),
    unfinished: [...new Set(unfinished)],
  };
}

/** One after the other, each when so many have begun to order. */
async function incidents(
  world: World,
  people: Shoppers,
  functionNames: FunctionNames,
  progress: (step: string) => void,
  onPause: (state: State) => void,
): Promise<void> {
  const chance = world.plan.chance.fork();
  for (const { afterOrders, incident } of world.plan.incidents) {
    await until(`${afterOrders} have begun to order`, () => people.begun() >= afterOrders, 300_000);
    progress(incident);
    await happen(incident, { world, functionNames, chance, onPause });
  }
}

/** With one consumer down, orders are placed until the others have served them; then it is well again. */
async function outageOf(world: World, people: Shoppers, stalledMs: number): Promise<Outage> {
  const { plan, requests } = world;
  const of = plan.outage === 'shipping-service disabled' ? SHIPPING : EMAIL;
  const isDisabled = plan.outage !== 'mail provider down';
  if (isDisabled) await switchMapping(world, 'disable', of);
  else requests.cutOff({ name: 'email', service: 'ses', fault: 'failed' });
  const orders = await people.orderPlainly(OUTAGE_ORDERS);
  const served = async (group: Consumer) => {
    const has = new Set(await ordersOf(group, world));
    return orders.filter((orderId) => has.has(orderId));
  };
  const servedByOthers = async () => {
    const others = await Promise.all(CONSUMERS.filter((group) => group !== of).map(served));
    return orders.filter((orderId) => others.every((one) => one.includes(orderId)));
  };
  // What isn't served by then is for the checker to say.
  await until(
    'the other consumers have served them',
    async () => (await servedByOthers()).length === orders.length,
    stalledMs,
  ).catch(() => undefined);
  const outage = { of, orders, served: await servedByOthers(), servedByItself: await served(of) };
  if (isDisabled) await switchMapping(world, 'enable', of);
  else requests.cutOff(undefined);
  return outage;
}

/** The orders that a consumer has served. */
async function ordersOf(group: Consumer, { mails, tables }: World): Promise<readonly string[]> {
  const orderOf = (eventId: string) => eventId.slice(0, eventId.indexOf('.'));
  switch (group) {
    case EMAIL:
      return mails.map(({ eventId }) => orderOf(eventId));
    case SHIPPING:
      return (await tables.shipments()).map(({ orderId }) => orderId);
    case SALES:
      return (await tables.sales()).counted.map(orderOf);
  }
}
