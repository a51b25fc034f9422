import {
  COLLECTOR,
  CONSUMERS,
  EMAIL,
  type Failure,
  type GivenUp,
  type Observation,
  SALES,
  SHIPPING,
  type State,
} from '../../checker/observation.ts';
import { givenUpIn } from '../../checker/rows.ts';
import { FUNCTIONS } from '../fault-kinds.ts';
import { type FaultLog, GIVEN_UP } from './fault-log.ts';
import { plantedAs } from './planted.ts';
import type { ReadRecord } from './topic.ts';
import type { World } from './world.ts';

/** The topics, as the app names them. */
export const ORDERS_TOPIC = 'orders';
const LETTERS_TOPIC = 'orders.dead-letters';

/**
 * Everything there is to be seen now. While something is at work, what is read later may be newer than what was read before:
 * offsets come first, then effects; the outbox before the topic.
 */
export async function stateOf(world: World, functionNames: FunctionNames): Promise<State> {
  const { tables, topics } = world;
  const positions = await positionsOf(world);
  const letters = await tables.letters();
  const outbox = await tables.outbox();
  const [orders, shipments, ledger, sales, records, messages] = await Promise.all([
    tables.orders(),
    tables.shipments(),
    tables.ledger(),
    tables.sales(),
    topics.read(ORDERS_TOPIC),
    topics.read(LETTERS_TOPIC),
  ]);
  return {
    orders,
    outbox,
    topic: records.map((record) => ({ ...record, planted: plantedAs(record) })),
    shipments,
    suppressed: ledger.suppressed,
    mails: [...world.mails],
    sales,
    letters,
    givenUp: messages.flatMap((message) => givenUpBy(message, functionNames)),
    positions,
  };
}

export async function positionsOf({ topics }: World): Promise<State['positions']> {
  const all = await Promise.all([
    ...CONSUMERS.map((group) => topics.positions(ORDERS_TOPIC, group)),
    topics.positions(LETTERS_TOPIC, COLLECTOR),
  ]);
  return all.flat();
}

/** Consumer groups by the name of the function that serves them. */
export type FunctionNames = ReadonlyMap<string, string>;

export async function functionNamesOf({ cloud }: World): Promise<FunctionNames> {
  const { functions } = await cloud.status();
  const groups = new Map<string, string>([
    [FUNCTIONS.email, EMAIL],
    [FUNCTIONS.shipping, SHIPPING],
    [FUNCTIONS.sales, SALES],
  ]);
  return new Map(functions.map(({ functionName, path }) => [functionName, groups.get(path) ?? path]));
}

function givenUpBy(
  { partition, offset, value }: ReadRecord,
  functionNames: FunctionNames,
): readonly GivenUp[] {
  const { functionName, records } = givenUpIn(Buffer.from(value ?? '', 'base64').toString('utf8'));
  return records.map((record) => ({
    consumer: functionNames.get(functionName) ?? functionName,
    partition: record.partition,
    offset: record.offset,
    message: { partition, offset },
  }));
}

/** Processes that died, and requests of email that are excuses for second mails, from the log of all that was broken. */
export function onRecord({ faults }: FaultLog): Pick<Observation, 'stops' | 'failures'> {
  return {
    stops: faults.flatMap(({ at, pids, isDeath }) =>
      isDeath ? pids.map((pid) => ({ process: String(pid), from: at, to: undefined })) : [],
    ),
    failures: faults.flatMap(({ at, kind, where, pids: [pid], operation = '', events }): Failure[] => {
      const of = operation.includes('/v2/email') ? 'send' : 'write';
      if (where !== 'email' || /Get|Query|Scan/.test(operation) || (of === 'send' && kind !== GIVEN_UP))
        return [];
      return [{ of, at, process: String(pid), events }];
    }),
  };
}
