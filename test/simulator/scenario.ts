import { type Chance, chance } from './chance.ts';
import { FAULTS, type FaultKind } from './faults.ts';

/** What is done in a world and what goes wrong in it: all of it from its seed. */
export interface Scenario {
  readonly seed: number;
  readonly shoppers: number;
  /** Records of other producers among those of the orders. */
  readonly foreignRecords: number;
  readonly partitions: number;
  readonly shards: number;
  readonly pollers: number;
  readonly batchSize: number;
  /** Of a Kafka mapping. */
  readonly retryAttempts: number;
  readonly maxSkewMs: number;
  /** Milliseconds of shopping and faults. */
  readonly duration: number;
  readonly rates: ReadonlyMap<FaultKind, number>;
}

/** As lib/kafka-consumer.ts has it. */
export const DEPLOYED_RETRIES = 45;

/**
 * The scenario of a seed. Each fault is left out of most worlds, so that a world with few of them goes far, and those
 * that are in meet each other in all combinations ("swarm testing", https://users.cs.utah.edu/~regehr/papers/swarm12.pdf).
 */
export function scenarioOf(seed: number): Scenario {
  const random = chance(seed);
  const share = random.pick([0, 0.1, 0.25, 0.25, 0.5]);
  return {
    seed,
    shoppers: random.int(1, 8),
    foreignRecords: random.hits(0.4) ? random.int(1, 5) : 0,
    partitions: random.int(1, 3),
    shards: random.int(1, 2),
    pollers: random.int(1, 2),
    batchSize: random.pick([1, 3, 10, 100]),
    retryAttempts: random.pick([DEPLOYED_RETRIES, DEPLOYED_RETRIES, DEPLOYED_RETRIES, 2]),
    maxSkewMs: random.pick([0, 0, 500]),
    duration: random.pick([2_000, 60_000, 10 * 60_000]),
    rates: ratesOf(random, share),
  };
}

function ratesOf(random: Chance, share: number): ReadonlyMap<FaultKind, number> {
  const kinds = Object.keys(FAULTS).filter(isFaultKind);
  return new Map(
    kinds.flatMap((kind) => (random.hits(share) ? [[kind, FAULTS[kind] * random.float()] as const] : [])),
  );
}

const isFaultKind = (name: string): name is FaultKind => name in FAULTS;
