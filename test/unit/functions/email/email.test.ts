import { TooManyRequestsException } from '@aws-sdk/client-sesv2';
import { describe, expect, it } from 'vitest';
import { newClaim } from '../../../../functions/ledger/act-once.ts';
import type { LedgerRow, Owner } from '../../../../functions/ledger/ledger.ts';
import type { SentRequest } from '../../../simulator/dynamodb/client.ts';
import { email } from '../../../support/consumer.ts';
import { anOrder, cancelledEvent, orderBody, placedEvent } from '../../../support/orders.ts';

const order = anOrder('arrival');
const [P, C] = [placedEvent(order), cancelledEvent(order)];
const thankYouKey = `test-service#${order.orderId}.1`;

/** Email, and which mails have gone out. */
function given(options?: Parameters<typeof email>[0]) {
  const over = email(options);
  const mails = () =>
    over.sent.map(({ subject }) => (subject.startsWith('Thank') ? 'thanks' : 'cancellation'));
  const write = (row: LedgerRow) => over.ledger.put(new Map([[thankYouKey, row]]));
  return { ...over, mails, write };
}

/** Which mails go out, by the order in which an order's events arrive: P placed, C cancelled, each as often as it comes. */
const MAILS: Readonly<Record<string, readonly ('thanks' | 'cancellation')[]>> = {
  P: ['thanks'],
  PP: ['thanks'],
  PPP: ['thanks'],
  PC: ['thanks', 'cancellation'],
  PPC: ['thanks', 'cancellation'],
  PCP: ['thanks', 'cancellation'],
  PCC: ['thanks', 'cancellation'],
  C: [],
  CC: [],
  CCC: [],
  CP: [],
  CCP: [],
  CPC: [],
  CPP: [],
};

/** The rule: what arrives first decides whether the customer hears of the order, and a cancellation is confirmed once. */
function mailsOf(arrival: string): ('thanks' | 'cancellation')[] {
  if (arrival.startsWith('C')) return [];
  return arrival.includes('C') ? ['thanks', 'cancellation'] : ['thanks'];
}

/** All arrivals of so many events. */
const arrivals = (length: number): string[] =>
  length === 0 ? [''] : arrivals(length - 1).flatMap((arrival) => [`${arrival}P`, `${arrival}C`]);

/** All ways of cutting an arrival into batches: `PCP`, `PC|P`, `P|CP`, `P|C|P`. */
function cuts(arrival: string): string[] {
  const [first = '', ...others] = arrival;
  return others.reduce((heads, next) => heads.flatMap((head) => [head + next, `${head}|${next}`]), [first]);
}

async function mailsAfter(batches: string): Promise<string[]> {
  const { deliver, mails, letters } = given();
  for (const batch of batches.split('|')) {
    expect(await deliver(...[...batch].map((event) => (event === 'P' ? P : C)))).toEqual([]);
  }
  expect(letters).toEqual([]);
  return mails();
}

describe('the mails of an order', () => {
  it.each(Object.entries(MAILS))('%s, however it is cut into batches: %j', async (arrival, expected) => {
    for (const batches of cuts(arrival)) {
      expect(await mailsAfter(batches), batches).toEqual(expected);
    }
  });

  it('the table has every arrival of up to three events, and follows the rule', () => {
    const all = [1, 2, 3].flatMap(arrivals);
    expect(MAILS).toEqual(Object.fromEntries(all.map((arrival) => [arrival, mailsOf(arrival)])));
  });

  it('follow the rule for arrivals of four events too', async () => {
    for (const arrival of arrivals(4)) {
      for (const batches of cuts(arrival)) {
        expect(await mailsAfter(batches), batches).toEqual(mailsOf(arrival));
      }
    }
  });

  it('counts a suppressed thank-you as skipped, the cancellation that did it as done, and its copies as duplicates', async () => {
    const { deliver, counts } = given();
    await deliver(C, P, C);
    expect(counts()).toMatchObject({ done: 1, skipped: 1, duplicate: 1 });
    await deliver(C);
    expect(counts()).toMatchObject({ done: 0, duplicate: 1 });
  });

  it('thanks once per order, whatever else a second placement says', async () => {
    const { deliver, mails } = given();
    const other = placedEvent(anOrder('arrival', { ...orderBody(), email: 'other@example.com' }));
    await deliver(P, other);
    expect(mails()).toEqual(['thanks']);
  });
});

describe('a cancellation', () => {
  it('waits for a thank-you that is under way elsewhere', async () => {
    const { deliver, mails, write, clock } = given();
    // Longer than an invocation waits, twice.
    await write(newClaim('elsewhere' as Owner, clock.now + 240_000));
    expect(await deliver(C)).toEqual([0]);
    expect(await deliver(P, C)).toEqual([0, 1]);
    await write({ status: 'SENT' });
    expect(await deliver(P, C)).toEqual([]);
    expect(mails()).toEqual(['cancellation']);
  });

  it('does not wait for one whose lease is past', async () => {
    const { deliver, mails, write, clock } = given();
    await write({ ...newClaim('dead' as Owner, clock.now), leaseUntil: clock.now });
    expect(await deliver(C)).toEqual([]);
    expect(mails()).toEqual(['cancellation']);
  });

  it('comes again together with a thank-you that could not be sent, and after it', async () => {
    let down = true;
    const { deliver, mails } = given({
      provider: (send) => async (mail) => {
        if (down) throw new TooManyRequestsException({ message: 'slow down', $metadata: {} });
        return send(mail);
      },
    });
    expect(await deliver(P, C)).toEqual([0, 1]);
    down = false;
    expect(await deliver(P, C)).toEqual([]);
    expect(mails()).toEqual(['thanks', 'cancellation']);
  });

  it('goes out although its thank-you was refused for good', async () => {
    const { deliver, mails, letters } = given({
      provider: (send) => async (mail) =>
        mail.subject.startsWith('Thank') ? { code: 'MessageRejected' } : send(mail),
    });
    expect(await deliver(P)).toEqual([]);
    expect(await deliver(C)).toEqual([]);
    expect(letters).toMatchObject([{ reason: 'refused', error: { code: 'MessageRejected' } }]);
    expect(mails()).toEqual(['cancellation']);
  });

  it('holds the thank-you back while it is not known which came first', async () => {
    let throttled = true;
    const { deliver, mails } = given({ fate: () => (throttled ? 'throttled' : undefined) });
    expect(await deliver(C, P)).toEqual([0, 1]);
    throttled = false;
    expect(await deliver(C, P)).toEqual([]);
    expect(mails()).toEqual([]);
  });
});

/** Keys that a request asks for. */
function sizeOf({ name, input }: SentRequest): number {
  if ('Statements' in input) return (input.Statements as unknown[]).length;
  const [batch] = Object.values((input as { RequestItems: object }).RequestItems);
  return (name === 'BatchGetItem' ? batch.Keys : batch).length;
}

describe('what DynamoDB leaves undone', () => {
  const orders = Array.from({ length: 30 }, (_, n) => placedEvent(anOrder(`partial-${n}`)));
  const key = (n: number) => `test-service#${orders[n]?.eventId}`;
  const expired = () => new Map(orders.map((_, n) => [key(n), newClaim('other' as Owner, 0)]));

  it.each([
    ['a claim', 'INSERT', [7], [25, 1, 5]],
    ['marks, however they were divided', 'BatchWriteItem', [1, 2, 29], 33],
    ['rows that were not read', 'BatchGetItem', [3, 4], [30, 2]],
    ['the take-over of an expired claim', 'UPDATE', [7], [25, 1, 5]],
  ] as const)('is asked for again at once, and it alone: %s', async (_name, kind, undone, asked) => {
    const left = new Set<string>();
    const isOfKind = ({ name, input }: SentRequest) =>
      name === kind || JSON.stringify(input).includes(`"Statement":"${kind} `);
    const { deliver, counts, ledger, requests, rows, sent } = given({
      fate: (request) => (isOfKind(request) ? { leaves: (one) => left.delete(one) } : undefined),
    });
    if (kind === 'BatchGetItem') await deliver(...orders);
    if (kind === 'UPDATE') await ledger.insert(expired());
    const before = requests.length;
    for (const n of undone) left.add(key(n));

    expect(await deliver(...orders)).toEqual([]);
    expect(counts()).toMatchObject({ [kind === 'BatchGetItem' ? 'duplicate' : 'done']: 30, rounds: 1 });
    const sizes = requests.slice(before).filter(isOfKind).map(sizeOf);
    expect(typeof asked === 'number' ? sizes.reduce((sum, size) => sum + size) : sizes).toEqual(asked);
    expect([sent.length, new Set(sent.map(({ eventId }) => eventId)).size]).toEqual([30, 30]);
    expect(new Set([...rows().values()].map(({ status }) => status))).toEqual(new Set(['SENT']));
  });
});

describe('the proof that this can fail', () => {
  it('a ledger that writes without its condition sends duplicates', async () => {
    const { deliver, mails } = given({
      change: (ledger) => ({
        ...ledger,
        insert: async (rows) => {
          await ledger.put(rows);
          return new Map([...rows].map(([key]) => [key, { kind: 'inserted' }]));
        },
      }),
    });
    await deliver(P);
    await deliver(P);
    expect(mails()).toEqual(['thanks', 'thanks']);
  });
});
