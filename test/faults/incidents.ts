import { setTimeout as delay } from 'node:timers/promises';
import type { State } from '../checker/observation.ts';
import type { Chance } from '../support/chance.ts';
import type { FunctionName, Incident, RequestFault } from './fault-kinds.ts';
import { type FunctionNames, ORDERS_TOPIC, stateOf } from './world/observe.ts';
import { plantedAs, poison } from './world/planted.ts';
import type { Service } from './world/request-fates.ts';
import { until } from './world/waiting.ts';
import type { World } from './world/world.ts';

export interface IncidentPorts {
  readonly world: World;
  readonly functionNames: FunctionNames;
  readonly chance: Chance;
  /** Takes what is seen while nothing runs. */
  readonly onPause: (state: State) => void;
}

/** Lets an incident happen; resolves when it is over. */
export async function happen(incident: Incident, ports: IncidentPorts): Promise<void> {
  const { world, chance } = ports;
  const { log, engine, operator } = world;
  const note = (pids: readonly number[] = []) =>
    log.note({ kind: incident, where: 'everything', pids, isDeath: pids.length > 0 });
  switch (incident) {
    case 'the local cloud is killed':
      return pause(ports, incident, async () => undefined);
    case 'the local cloud and the broker are killed':
      return pause(ports, incident, async () => {
        await engine.killBroker();
        await engine.startBroker();
      });
    case 'the local cloud is killed, and DynamoDB restarted':
      return pause(ports, incident, () => engine.restartAws());
    case 'the broker is killed':
      note();
      await engine.killBroker();
      await delay(chance.int(0, 2_000));
      return engine.startBroker();
    case 'events are copied':
      note();
      return copyEvents(ports);
    case 'poison is written':
      note();
      return world.topics.write(ORDERS_TOPIC, poison(chance.int(3, 10), chance));
    case 'the relay sweeps':
      note();
      await operator.run('schedule', 'run', 'RelaySweep');
      return;
    case 'everything is republished':
      note();
      await operator.run('republish', '--execute', '--rate', '1000');
      return;
    case 'letters are replayed':
      note();
      await operator.run(...REPLAY);
      return;
    case 'letters are replayed twice at once':
      note();
      await Promise.all([operator.run(...REPLAY), operator.run(...REPLAY)]);
      return;
    case 'a replay is killed':
      note();
      await operator.killAfter(/^run /, ...REPLAY);
      return;
    case 'checkout is cut off':
      return cutOff(ports, 'checkout', 'dynamodb');
    case 'relay is cut off':
      return cutOff(ports, 'relay', 'dynamodb');
    case 'email is cut off':
      return cutOff(ports, 'email', 'dynamodb');
    case 'shipping is cut off':
      return cutOff(ports, 'shipping', 'dynamodb');
    case 'sales is cut off':
      return cutOff(ports, 'sales', 'dynamodb');
    case 'collector is cut off':
      return cutOff(ports, 'collector', 'dynamodb');
    case 'the mail provider is cut off':
      return cutOff(ports, 'email', 'ses');
    case 'email is switched off and on':
      note();
      return switchOffAndOn(ports, 'email-service');
    case 'shipping is switched off and on':
      note();
      return switchOffAndOn(ports, 'shipping-service');
    case 'email reads from the beginning':
      note();
      return rewind(ports, 'email-service');
    case 'shipping reads from the beginning':
      note();
      return rewind(ports, 'shipping-service');
    case 'sales reads from the beginning':
      note();
      return rewind(ports, 'sales-service');
  }
}

const REPLAY = ['dead-letters', 'replay', '--execute', '--reason', 'a fault suite'] as const;

/** Kills the local cloud, looks at what is there once nothing moves, and starts it again. */
async function pause(
  { world, functionNames, onPause }: IncidentPorts,
  incident: Incident,
  meanwhile: () => Promise<void>,
): Promise<void> {
  const { cloud, log, requests } = world;
  await cloud.kill();
  log.note({ kind: incident, where: 'everything', pids: [...requests.pids], isDeath: true });
  await until('nothing is on its way', () => !requests.underWay({}));
  await meanwhile();
  onPause(await stateOf(world, functionNames));
  await cloud.start();
}

async function copyEvents({ world: { topics }, chance }: IncidentPorts): Promise<void> {
  const events = (await topics.read(ORDERS_TOPIC)).filter((record) => plantedAs(record) === undefined);
  await topics.write(
    ORDERS_TOPIC,
    events.filter(() => chance.hits(0.2)),
  );
}

/** Each request that fails is noted as a fault of its own. */
async function cutOff(
  { world: { requests }, chance }: IncidentPorts,
  name: FunctionName,
  service: Service,
): Promise<void> {
  // Time runs fast for mails that are held back, and one that is taken again and again would become a flood.
  const isHarmless = chance.hits(0.5) || service === 'ses';
  const fault = chance.pick<RequestFault>(
    isHarmless ? ['throttled', 'failed', 'request lost'] : ['answer lost', 'untrue answer'],
  );
  requests.cutOff({ name, service, fault });
  await delay(chance.int(2_000, 8_000));
  requests.cutOff(undefined);
}

async function switchOffAndOn({ world, chance }: IncidentPorts, group: string): Promise<void> {
  await switchMapping(world, 'disable', group);
  await delay(chance.int(0, 2_000));
  await switchMapping(world, 'enable', group);
}

/** A command may fail while faults strike; whoever gives it insists, since a mapping stays as it is. */
export async function switchMapping(
  { operator }: World,
  verb: 'enable' | 'disable',
  group: string,
): Promise<void> {
  const isDone = async () => (await operator.run('mapping', verb, group)).code === 0;
  await until(`${group} is ${verb}d`, isDone, 180_000);
}

/** A rewind that fails may leave the mapping disabled. */
export async function rewind({ world }: Pick<IncidentPorts, 'world'>, group: string): Promise<void> {
  const { code } = await world.operator.run('mapping', 'rewind', group, '--to', 'beginning', '--execute');
  if (code !== 0) await switchMapping(world, 'enable', group);
}
