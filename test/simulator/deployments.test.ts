import { describe, expect, inject, it } from 'vitest';
import { consume } from '../../functions/kafka/consume.ts';
import type { Effect } from '../../functions/kafka/effect.ts';
import { DONE } from '../../functions/kafka/outcome.ts';
import { badDeployBudgetMs } from '../../functions/kafka/patience.ts';
import { backOffMs } from '../../local/event-sources/delivery/settlement.ts';
import { chance } from '../support/chance.ts';
import { anOrder, placedEvent } from '../support/orders.ts';
import { faults } from './faults.ts';
import { history } from './history.ts';
import { topic } from './kafka.ts';
import { lambdaHost } from './lambda.ts';
import { topicSource } from './mappings.ts';
import type { Process } from './process.ts';
import { DEPLOYED_RETRIES, START } from './scenario.ts';
import { scheduler } from './scheduler.ts';

const TIMEOUT_MS = 120_000;
const MINUTE = 60_000;

interface Trial {
  readonly seed: number;
  /** Records a second, spread over three partitions. */
  readonly rate: number;
  /** Milliseconds of traffic, half of it before the deployment. */
  readonly traffic: number;
  /** Whether the deployment throws on the record of this number. */
  readonly throwsOn: (n: number) => boolean;
  /** Milliseconds after which it is rolled back. @default - never */
  readonly rolledBackAfter?: number;
}

/** What became of the records, by their numbers. */
interface Ended {
  readonly records: number;
  readonly effects: ReadonlySet<number>;
  readonly letters: readonly number[];
  /** What Lambda gave up. */
  readonly givenUp: number;
  /** Milliseconds from the topic to behind the group's position, of the slowest record. */
  readonly slowestMs: number;
}

/**
 * Production's consumer and delivery rules under a deployment that replaces all environments in the middle of traffic: its
 * effect throws on some records, whatever they are.
 */
async function deploy({ seed, rate, traffic, throwsOn, rolledBackAfter }: Trial): Promise<Ended> {
  const random = chance(seed);
  const clock = scheduler(START);
  const log = history(clock.now);
  const none = faults({ rates: new Map(), outages: [] }, random.fork(), clock.now, () => undefined);
  const orders = topic('orders', 3);
  const part = () => ({ clock, random: random.fork(), faults: none, history: log });

  const numbers = new Map<string, number>();
  const effects = new Set<number>();
  const letters: number[] = [];
  let isBad = false;
  const load = (process: Process) => {
    const bad = isBad;
    const effect: Effect = async (batch) => {
      const events = batch.flatMap((order) => order.events);
      const numberOf = ({ event }: (typeof events)[number]) => numbers.get(event.data.orderId) ?? -1;
      if (bad && events.some((event) => throwsOn(numberOf(event))))
        throw new TypeError('x is not a function');
      await process.sleep(20);
      for (const event of events) effects.add(numberOf(event));
      return new Map(events.map((event) => [event, DONE]));
    };
    let ids = 0;
    return consume(effect, {
      consumer: 'shipping-service',
      writeDeadLetter: async ({ record }) => void letters.push(numberAt(record.partition, record.offset)),
      logger: { info: ignore, warn: ignore, error: ignore, addContext: ignore, measure: ignore },
      now: process.now,
      newId: () => `${process.name}/${++ids}`,
      waiting: { sleep: process.sleep, random: random.float, timeout: process.timeout },
    });
  };
  const lambda = lambdaHost([{ name: 'shipping', timeoutMs: TIMEOUT_MS, load }], { ...part(), maxSkewMs: 0 });
  const placed: number[][] = [[], [], []];
  const numberAt = (partition: number, offset: number) => placed[partition]?.[offset] ?? -1;

  let givenUp = 0;
  let slowestMs = 0;
  const source = topicSource(
    {
      group: 'shipping-service',
      functionName: 'shipping',
      topic: orders,
      rules: {
        batchSize: 100,
        windowMs: 500,
        maxBytes: 6 * 1024 * 1024,
        sliceBytes: 20,
        maxInFlight: 5,
        bisect: true,
        partialResponse: 'selective',
        maximumRetryAttempts: DEPLOYED_RETRIES,
        maximumRecordAgeMs: undefined,
        backOffMs: (attempt) => backOffMs(attempt, random.float()),
      },
      pollers: 3,
      giveUp: ({ slices }, done) => {
        givenUp += slices.reduce((sum, { records }) => sum + records.length, 0);
        clock.after(1, done);
      },
      committing: (partition, from, to) => {
        for (let offset = from; offset < to; offset++) {
          const since = orders.partitions[partition]?.[offset]?.timestamp ?? 0;
          slowestMs = Math.max(slowestMs, clock.now() - since);
        }
      },
    },
    { ...part(), lambda },
  );

  const records = Math.floor((traffic / 1_000) * rate);
  for (let n = 0; n < records; n++) {
    clock.after((n * 1_000) / rate, () => {
      const { key, value, headers, orderId } = recordOf(seed, n);
      const partition = random.int(0, 2);
      numbers.set(orderId, n);
      placed[partition]?.push(n);
      orders.append(partition, [{ key, value, headers, timestamp: Math.floor(clock.now()) }], 'the relay');
    });
  }
  const roll = (toBad: boolean) => {
    isBad = toBad;
    lambda.redeploy('shipping');
  };
  clock.after(traffic / 2, () => roll(true));
  if (rolledBackAfter !== undefined) clock.after(traffic / 2 + rolledBackAfter, () => roll(false));

  const isAtRest = () => clock.pending() === 0 && source.isDone() && lambda.running() === 0;
  await clock.run(isAtRest, START + 4 * 60 * MINUTE);
  expect(isAtRest()).toBe(true);
  return {
    records,
    effects,
    letters,
    givenUp,
    slowestMs,
  };
}
const ignore = () => undefined;

function recordOf(seed: number, n: number) {
  const event = placedEvent(anOrder(`${seed}-${n}`));
  const headers = Object.fromEntries(
    Object.entries(event.headers).map(([name, text]) => [name, Buffer.from(text)]),
  );
  return { key: Buffer.from(event.key), value: Buffer.from(event.value), headers, orderId: event.key };
}

/** A share of the numbers, spread as chance would, otherwise for each seed. */
const inShare = (share: number, seed: number) => (n: number) => chance(seed * 100_003 + n).hits(share);

/** Records a second, how long they come, and how long a bad deployment stays: the more records, the more work is each minute. */
const RATES = [
  { rate: 1, traffic: 6 * MINUTE, bad: 55 * MINUTE },
  { rate: 5, traffic: 2 * MINUTE, bad: 20 * MINUTE },
  { rate: 500, traffic: 2_000, bad: 3 * MINUTE },
] as const;
declare module 'vitest' {
  interface ProvidedContext {
    /** Seeds of the deployments: one in `npm test`, and more in the proofs. */
    deployments: readonly number[];
  }
}
const trials = RATES.flatMap((rate) => inject('deployments').map((seed) => ({ ...rate, seed })));
/** What a record waits at most until evidence has come that the code is not to blame. */
const BEARABLE_MS = 10 * MINUTE;
const BUDGET_MS = badDeployBudgetMs({ timeoutMs: TIMEOUT_MS, retryAttempts: DEPLOYED_RETRIES });

describe.each(trials)('a deployment at $rate records a second, seed $seed', (trial) => {
  it.each([
    ['every record', 1],
    ['most records', 0.8],
  ])('that throws on %s makes no letters until it is rolled back', async (_what, share) => {
    const rolledBackAfter = trial.bad;
    expect(rolledBackAfter).toBeLessThan(BUDGET_MS);
    const ended = await deploy({ ...trial, throwsOn: inShare(share, trial.seed), rolledBackAfter });
    expect(ended).toMatchObject({ letters: [], givenUp: 0 });
    expect(ended.effects.size).toBe(ended.records);
  });

  // At one a second so few come that all partitions may wait for evidence at once: then Lambda gives the waiting ones up.
  const mayStandStill = trial.rate === 1;
  it('that throws on a tenth costs no other record its effect, and ends', async () => {
    const throwsOn = inShare(0.1, trial.seed);
    const ended = await deploy({ ...trial, throwsOn });
    const condemned = ended.letters.toSorted((one, other) => one - other);
    expect(condemned.length).toBeGreaterThan(0);
    expect(new Set(condemned).size).toBe(condemned.length);
    expect(condemned.every(throwsOn)).toBe(true);
    expect(ended.effects.size + condemned.length + ended.givenUp).toBe(ended.records);
    if (!mayStandStill) expect(ended).toMatchObject({ givenUp: 0 });
    expect(ended.slowestMs).toBeLessThan(mayStandStill ? BUDGET_MS + 30 * MINUTE : BEARABLE_MS);
  });

  it('that throws on one record makes one letter, though it is the first that it gets', async () => {
    const first = Math.ceil((trial.traffic / 2_000) * trial.rate) + 1;
    const ended = await deploy({ ...trial, throwsOn: (n) => n === first });
    expect(ended).toMatchObject({ letters: [first], givenUp: 0 });
    expect(ended.effects.size).toBe(ended.records - 1);
    expect(ended.slowestMs).toBeLessThan(BEARABLE_MS);
  });
});
