import { randomUUID } from 'node:crypto';
import type { CheckoutClient } from '../checkout-client.ts';
import {
  type LetterKey,
  type LettersTable,
  nameOf,
  type StoredLetter,
} from '../dead-letters/letters-table.ts';
import { lettersSince } from '../dead-letters/selection.ts';
import { sampleOrder } from '../sample-orders.ts';
import { Missing, type Patience, type Step, untilThere } from './steps.ts';
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
const GROUPS = ['email-service', 'shipping-service'] as const;
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
