import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { LocalCloudError } from '../../local/errors.ts';
import {
  type LetterKey,
  type LettersTable,
  nameOf,
  type StoredLetter,
} from '../dead-letters/letters-table.ts';
import { lettersSince } from '../dead-letters/selection.ts';
import type { CheckoutClient } from '../order/checkout-client.ts';
import { sampleOrder } from '../order/sample-orders.ts';
import { type SmokeTables, unplacedOrderId } from './tables.ts';

/** Everything that the test acts on and looks at. */
export interface SmokeWorld {
  readonly checkout: CheckoutClient;
  readonly tables: SmokeTables;
  readonly letters: LettersTable;
  /** Replays one letter; answers what became of it, as `orderly dead-letters replay` says. */
  replay(letter: LetterKey): Promise<string | undefined>;
  /** Discards letters; answers how many. */
  discard(letters: readonly LetterKey[]): Promise<number>;
}

const ORDERS = 3;
const GROUPS = ['email-service', 'shipping-service', 'sales-service'] as const;
/** Whose letter is replayed: its replay makes no mail, whatever goes wrong. */
const REPLAYED = 'shipping-service';

/** The steps of a test, and what has to be put away after it, however it ended. */
export interface SmokePlan {
  readonly steps: readonly Step[];
  /** Cancels the orders that are still placed and discards the letters that are still open. */
  readonly cleanUp: Step;
  /** The orders that were placed so far. */
  readonly orderIds: readonly string[];
}

/**
 * A test of a whole app through its own doors: orders and their effects, a cancellation, and a poisoned record with its
 * dead letters, one of them replayed. Orders are cancelled, so that nobody ships them.
 *
 * @param mailTo takes every mail; SES has an address that it lets everybody mail to
 */
export function smokePlan(world: SmokeWorld, mailTo: string, patience: Patience): SmokePlan {
  const { checkout, tables, letters: table } = world;
  const begun = new Date();
  const run = randomUUID();
  const orderIds: string[] = [];
  const poisoned = unplacedOrderId();
  const lettersOf = (orderId: string) =>
    lettersSince(table, begun, {}, ({ key }) => Buffer.from(key ?? []).toString('utf8') === orderId);
  const poisonLetters = () => lettersOf(poisoned);

  /** Waits until all orders have a status somewhere; dead letters of those that don't are the first thing to know. */
  async function until(
    what: string,
    wanted: string,
    statusOf: (orderId: string) => Promise<string | undefined>,
  ) {
    const missing = async () => {
      for (const orderId of orderIds) {
        const status = await statusOf(orderId);
        if (status !== wanted) return { orderId, why: `${what} of ${orderId} is ${status ?? 'not there'}` };
      }
      return undefined;
    };
    try {
      await untilThere(async () => (await missing())?.why, patience);
    } catch (error) {
      const still = error instanceof Missing ? await missing() : undefined;
      if (still === undefined) throw error;
      const letters = await lettersOf(still.orderId);
      throw new Missing([still.why, ...letters.map(describe)].join('\n'));
    }
  }

  const steps: Step[] = [
    {
      name: `${ORDERS} orders are placed, and one of the requests sent again is the same order`,
      async run() {
        const place = (n: number) =>
          checkout.place({ ...sampleOrder(n, ORDERS), email: mailTo }, `${run}-${n}`);
        for (let n = 0; n < ORDERS; n++) orderIds.push((await place(n)).orderId);
        const { orderId, created } = await place(0);
        if (!created && orderId === orderIds[0]) return;
        orderIds.push(orderId);
        throw new Missing(`it was ${orderId}, a new one`);
      },
    },
    {
      name: 'the API shows them as placed',
      run: () => until('the status', 'PLACED', async (orderId) => (await checkout.find(orderId)).status),
    },
    {
      name: 'shipping-service has made their labels',
      run: () => until('the shipment', 'LABEL_CREATED', tables.shipment),
    },
    {
      name: 'email-service has sent their thank-you mails',
      run: () => until('the mail', 'SENT', (orderId) => tables.mail(`${orderId}.1`)),
    },
    {
      name: 'they are cancelled',
      async run() {
        for (const orderId of orderIds) await checkout.cancel(orderId);
        await until('the status', 'CANCELLED', async (orderId) => (await checkout.find(orderId)).status);
      },
    },
    {
      name: 'shipping-service has cancelled their shipments',
      run: () => until('the shipment', 'CANCELLED', tables.shipment),
    },
    {
      name: 'email-service has sent the confirmations',
      run: () => until('the mail', 'SENT', (orderId) => tables.mail(`${orderId}.2`)),
    },
    {
      name: 'sales-service has counted orders and cancellations',
      run: () =>
        until('the count', 'there', async (orderId) => {
          const counted = [await tables.counted(`${orderId}.1`), await tables.counted(`${orderId}.2`)];
          return counted.every((each) => each) ? 'there' : undefined;
        }),
    },
    {
      name: 'a poisoned record is a dead letter of each group',
      async run() {
        await tables.poison(poisoned);
        await untilThere(async () => {
          const letters = await poisonLetters();
          const without = GROUPS.filter((group) => letters.every(({ consumer }) => consumer !== group));
          return without.length === 0 ? undefined : `no letter of ${without.join(' and ')} for ${poisoned}`;
        }, patience);
      },
    },
    {
      name: `a replay of one hands it to ${REPLAYED}, which gives it up again`,
      async run() {
        const [letter] = (await poisonLetters()).filter(({ consumer }) => consumer === REPLAYED);
        if (letter === undefined) throw new Missing('the letter is gone');
        const outcome = await world.replay(letter);
        if (outcome !== 'failed') throw new Missing(`the replay ended with ${outcome ?? 'nothing'}`);
        const after = await table.letter(letter);
        if (after?.status !== 'OPEN' || after.version !== letter.version + 1) {
          throw new Missing(`the letter is ${after?.status ?? 'gone'} in version ${after?.version ?? 0}`);
        }
      },
    },
    {
      name: 'the outbox holds none of their events',
      run: () =>
        untilThere(async () => {
          for (const orderId of [...orderIds, poisoned]) {
            const rows = await tables.waiting(orderId);
            if (rows > 0) return `${rows} of ${orderId}`;
          }
          return undefined;
        }, patience),
    },
  ];

  const cleanUp: Step = {
    name: 'nothing is left to do: orders cancelled, letters discarded',
    async run() {
      for (const orderId of orderIds) await checkout.cancel(orderId);
      const open = (await poisonLetters()).filter(({ status }) => status === 'OPEN' || status === 'PARKED');
      const discarded = open.length === 0 ? 0 : await world.discard(open);
      if (discarded !== open.length)
        throw new Missing(`${discarded} of ${open.length} letters were discarded`);
    },
  };
  return { steps, cleanUp, orderIds };
}

function describe(letter: StoredLetter): string {
  const { reason, error } = letter;
  return `dead letter ${nameOf(letter)}: ${reason}, ${error.code}`;
}

/** A part of the test: what it sees to, in one sentence, and how. It throws where it doesn't come to that. */
export interface Step {
  readonly name: string;
  run(): Promise<void>;
}

/** How a step ended; `why` says what was missing. */
export interface StepResult {
  readonly name: string;
  readonly ok: boolean;
  /** Milliseconds. */
  readonly ms: number;
  readonly why?: string;
}

/** Runs steps one after the other up to the first that fails, and tells of each as it ends. */
export async function runSteps(
  steps: readonly Step[],
  { signal, ended }: { readonly signal: AbortSignal; readonly ended: (result: StepResult) => void },
): Promise<readonly StepResult[]> {
  const results: StepResult[] = [];
  for (const step of steps) {
    if (signal.aborted) break;
    const result = await runStep(step);
    results.push(result);
    ended(result);
    if (!result.ok) break;
  }
  return results;
}

async function runStep({ name, run }: Step): Promise<StepResult> {
  const begin = performance.now();
  const ms = () => Math.round(performance.now() - begin);
  try {
    await run();
    return { name, ok: true, ms: ms() };
  } catch (error) {
    return { name, ok: false, ms: ms(), why: whyOf(error) };
  }
}

function whyOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const remedy = error instanceof LocalCloudError ? error.remedy : [];
  return [error.message, ...remedy].join('\n');
}

/** What a step waits for is not there in time. */
class Missing extends Error {
  constructor(what: string) {
    super(what);
    this.name = 'Missing';
  }
}

interface Patience {
  /** Milliseconds that something may take. */
  readonly waitMs: number;
  readonly signal: AbortSignal;
}

const LOOK_EVERY_MS = 250;

/** Looks until nothing is missing; throws `Missing` with what still is when the time is over. */
async function untilThere(
  missing: () => Promise<string | undefined>,
  { waitMs, signal }: Patience,
): Promise<void> {
  const end = performance.now() + waitMs;
  for (;;) {
    const what = await missing();
    if (what === undefined) return;
    if (performance.now() >= end) throw new Missing(what);
    await delay(LOOK_EVERY_MS, undefined, { signal });
  }
}
