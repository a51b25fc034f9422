import { type Chance, chance } from '../support/chance.ts';
import type { Group } from './account.ts';
import { FAULTS, type FaultKind, isFaultKind, type Outage } from './faults.ts';

/** What is done in a world and what goes wrong in it: all of it from its seed. */
export interface Scenario {
  readonly seed: number;
  readonly shoppers: number;
  /** How many of the orders are as large as the checkout lets them be, 0 to 1. */
  readonly largeOrders: number;
  /** Records of other producers among those of the orders. */
  readonly foreignRecords: number;
  /** Replays of what needn't be replayed. */
  readonly replays: number;
  readonly partitions: number;
  readonly shards: number;
  readonly pollers: number;
  readonly batchSize: number;
  /** F18: what the topic takes of a producer for one partition at once, in bytes, until the faults end. */
  readonly batchLimit: number;
  /** Of a Kafka mapping. */
  readonly retryAttempts: number;
  readonly maxSkewMs: number;
  /** Milliseconds of shopping and faults. */
  readonly duration: number;
  readonly rates: ReadonlyMap<FaultKind, number>;
  /** Times are milliseconds from the beginning. */
  readonly outages: readonly Outage[];
  /** Shoppers whose placement kills a consumer that handles it, until the faults end. */
  readonly deadly: readonly { readonly shopper: number; readonly group: Group }[];
}

/** When every world begins, in epoch milliseconds. */
export const START = Date.parse('2026-03-01T12:00:00.000Z');

/** As lib/streaming-stack.ts has it: the topic's `max.message.bytes`. */
export const BATCH_LIMIT = 72 * 1024;

/** As lib/kafka.ts has it. */
export const DEPLOYED_RETRIES = 45;

/**
 * The scenario of a seed. Each fault is left out of most worlds, so that a world with few of them goes far, and those
 * that are in meet each other in all combinations ("swarm testing", https://users.cs.utah.edu/~regehr/papers/swarm12.pdf).
 * Some worlds have faults of one part alone: what the others do then has to be as if nothing were wrong.
 */
export function scenarioOf(seed: number): Scenario {
  const random = chance(seed);
  const shoppers = random.hits(0.03) ? random.int(25, 60) : random.int(1, 10);
  const duration = random.pick([2_000, 30_000, 120_000, 10 * 60_000]);
  const deadly = random.hits(0.25) ? [deadlyOf(random, shoppers)] : [];
  return {
    seed,
    shoppers,
    largeOrders: random.pick([0, 0.05, 0.05, 0.5]),
    foreignRecords: random.hits(0.4) ? random.int(1, 5) : 0,
    replays: random.hits(0.3) ? random.int(1, 4) : 0,
    partitions: random.int(1, 3),
    shards: random.int(1, 2),
    pollers: random.int(1, 2),
    batchSize: random.pick([1, 3, 10, 100]),
    batchLimit: random.pick([BATCH_LIMIT, BATCH_LIMIT, BATCH_LIMIT, BATCH_LIMIT, 20_000]),
    retryAttempts: random.hits(deadly.length > 0 ? 0.7 : 0.2) ? 2 : DEPLOYED_RETRIES,
    maxSkewMs: random.pick([0, 0, 500, 2_000]),
    duration,
    rates: ratesOf(random, deadly.length > 0),
    outages: random.hits(0.25) ? [outageOf(random, duration)] : [],
    deadly,
  };
}

/** A scenario of the seed in which everything goes wrong that can, as often as it may. */
export function worstOf(seed: number): Scenario {
  const scenario = scenarioOf(seed);
  return {
    ...scenario,
    duration: 10 * 60_000,
    retryAttempts: 2,
    rates: new Map(kinds.map((kind) => [kind, FAULTS[kind]])),
    deadly: [
      { shopper: 1, group: 'email-service' },
      { shopper: scenario.shoppers, group: 'shipping-service' },
    ],
  };
}

const kinds = Object.keys(FAULTS).filter(isFaultKind);

/** Beginnings of the names of faults that only what is given up can meet. */
const AFTER_GIVING_UP = ['collector', 'operator', 'dead letter', 'answer to operator'];

function ratesOf(random: Chance, isGivenUp: boolean): Scenario['rates'] {
  const part = random.hits(0.2)
    ? random.pick(['mail', 'email', 'shipping', 'sales', 'dynamodb', 'kafka', 'stream'])
    : '';
  const share = part === '' ? random.pick([0, 0.15, 0.3, 0.3, 0.6]) : 0.7;
  const shareOf = (kind: FaultKind) => {
    if (isGivenUp && AFTER_GIVING_UP.some((name) => kind.startsWith(name))) return 0.5;
    return kind.startsWith(part) ? share : 0;
  };
  return new Map(
    kinds.flatMap((kind) =>
      random.hits(shareOf(kind)) ? [[kind, FAULTS[kind] * (0.1 + 0.9 * random.float())] as const] : [],
    ),
  );
}

function deadlyOf(random: Chance, shoppers: number): Scenario['deadly'][number] {
  return {
    shopper: random.int(1, shoppers),
    group: random.pick(['shipping-service', 'email-service', 'sales-service']),
  };
}

function outageOf(random: Chance, duration: number): Outage {
  const from = random.int(0, duration);
  const kind = random.pick<FaultKind>([
    'dynamodb failed',
    'kafka unreachable',
    'mail unreachable',
    'mail account refuses',
    'email deployed badly',
    'shipping deployed badly',
    'sales deployed badly',
  ]);
  return { kind, from, to: random.int(from, duration) };
}
