import { type Chance, chance } from '../support/chance.ts';
import {
  FUNCTION_NAMES,
  type FunctionName,
  INCIDENTS,
  type Incident,
  KAFKA_FAULTS,
  type KafkaFault,
  kindOf,
  REQUEST_FAULTS,
  type RequestFault,
} from './fault-kinds.ts';

/** What one run does, all of it decided by its seed. What comes when is up to the machine. */
export interface Plan {
  readonly seed: number;
  readonly orders: number;
  /** Orders being placed at once. */
  readonly shoppers: number;
  /** `MaximumRetryAttempts` of the consumers: as deployed, or so few that Lambda gives records up. */
  readonly retryAttempts: number;
  /** `Timeout` of the consumers: as deployed, or so short that they wait out next to nothing, and ask for records again. */
  readonly timeoutSeconds: number;
  /** Pollers of each consumer: one, as in the sandbox, up to one a partition, as in production. */
  readonly pollers: number;
  /** Whether one order has a line that no process of shipping survives, until shipping is mended. */
  readonly isDeadly: boolean;
  /** What AWS doesn't document, or does otherwise than its documents say. */
  readonly emulation: {
    readonly partialResponse: 'checkpoint' | 'selective';
    readonly deadLetters: 'per-record' | 'per-group';
    readonly redelivery: 'full' | 'records-only';
    readonly longestBackOffMs: number;
  };
  /** How probable each fault is, by the function that it strikes; `pollers` are those of all consumers. */
  readonly rates: ReadonlyMap<FunctionName | 'pollers', ReadonlyMap<RequestFault | KafkaFault, number>>;
  /** In the order in which they come. */
  readonly incidents: readonly { readonly afterOrders: number; readonly incident: Incident }[];
  /** What is down while the last orders are placed. */
  readonly outage: 'email-service disabled' | 'mail provider down' | 'shipping-service disabled';
  /** For what is drawn during the run. */
  readonly chance: Chance;
}

const DEPLOYED_RETRIES = 45;
const DEPLOYED_TIMEOUT_SECONDS = 120;

/** Between them they have most of what there is: test/unit/faults/plan.test.ts says what. */
export const SHORT_SEEDS: readonly number[] = [1159, 1439];

/** The plan of a seed. */
export function planOf(seed: number, wanted?: { readonly orders?: number | undefined }): Plan {
  const random = chance(seed);
  const drawn = random.int(80, 150);
  const orders = wanted?.orders ?? drawn;
  const retryAttempts = random.hits(0.4) ? random.int(2, 4) : DEPLOYED_RETRIES;
  return {
    seed,
    orders,
    shoppers: random.int(4, 10),
    retryAttempts,
    timeoutSeconds: random.hits(0.5) ? random.int(32, 36) : DEPLOYED_TIMEOUT_SECONDS,
    isDeadly: retryAttempts < DEPLOYED_RETRIES && random.hits(0.6),
    emulation: {
      partialResponse: random.pick(['checkpoint', 'selective']),
      deadLetters: random.pick(['per-record', 'per-group']),
      redelivery: random.pick(['full', 'records-only']),
      longestBackOffMs: random.int(50, 500),
    },
    rates: ratesOf(random.fork()),
    incidents: incidentsOf(orders, random.fork()),
    outage: random.pick(['email-service disabled', 'mail provider down', 'shipping-service disabled']),
    chance: random.fork(),
    pollers: random.int(1, 3),
  };
}

function ratesOf(random: Chance): Plan['rates'] {
  const requestFaults = Object.keys(REQUEST_FAULTS) as RequestFault[];
  const kafkaFaults = Object.keys(KAFKA_FAULTS) as KafkaFault[];
  const ratesFor = (faults: readonly (RequestFault | KafkaFault)[]) =>
    new Map(
      faults.filter(() => random.hits(0.5)).map((fault) => [fault, kindOf(fault).rate * random.float()]),
    );
  return new Map([
    ...FUNCTION_NAMES.map(
      (name) =>
        [name, ratesFor(name === 'relay' ? [...requestFaults, ...kafkaFaults] : requestFaults)] as const,
    ),
    ['pollers', ratesFor(kafkaFaults)] as const,
  ]);
}

const KILLS: readonly [Incident, ...Incident[]] = [
  'the local cloud is killed',
  'the local cloud and the broker are killed',
  'the local cloud is killed, and DynamoDB restarted',
];
const ALWAYS: readonly Incident[] = ['poison is written', 'events are copied'];

/** The local cloud is killed in every run, since only then everything stands still to be looked at. */
function incidentsOf(orders: number, random: Chance): Plan['incidents'] {
  const others = INCIDENTS.filter((incident) => !KILLS.includes(incident) && !ALWAYS.includes(incident));
  const chosen = [random.pick(KILLS), ...ALWAYS, ...some(others, random.int(1, 3), random)];
  return chosen
    .map((incident) => ({ afterOrders: random.int(Math.ceil(orders / 10), orders), incident }))
    .toSorted((one, other) => one.afterOrders - other.afterOrders);
}

function some<T>(items: readonly T[], count: number, random: Chance): readonly T[] {
  const left = [...items];
  return Array.from({ length: Math.min(count, items.length) }, () =>
    left.splice(random.int(0, left.length - 1), 1),
  ).flat();
}
