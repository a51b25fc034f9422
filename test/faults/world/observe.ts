import { z } from 'zod';
import { COLLECTOR, CONSUMERS, EMAIL, type GivenUp, SHIPPING, type State } from '../checker/observation.ts';
import { FUNCTIONS } from '../fault-kinds.ts';
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
  const [orders, shipments, ledger, records, messages] = await Promise.all([
    tables.orders(),
    tables.shipments(),
    tables.ledger(),
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
    letters,
    givenUp: messages.flatMap((message) => givenUpIn(message, functionNames)),
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
  ]);
  return new Map(functions.map(({ functionName, path }) => [functionName, groups.get(path) ?? path]));
}

/** What is read of Lambda's message about records that it gave up. */
const Envelope = z.object({
  requestContext: z.object({ functionArn: z.string() }),
  payload: z.object({
    records: z.record(z.string(), z.array(z.object({ partition: z.number(), offset: z.number() }))),
  }),
});

function givenUpIn(
  { partition, offset, value }: ReadRecord,
  functionNames: FunctionNames,
): readonly GivenUp[] {
  const text = Buffer.from(value ?? '', 'base64').toString('utf8');
  const { requestContext, payload } = Envelope.parse(JSON.parse(text));
  const name = requestContext.functionArn.split(':')[6] ?? '';
  return Object.values(payload.records)
    .flat()
    .map((record) => ({
      consumer: functionNames.get(name) ?? name,
      partition: record.partition,
      offset: record.offset,
      message: { partition, offset },
    }));
}
