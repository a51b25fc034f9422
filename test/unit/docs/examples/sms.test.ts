import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { smsHandler } from '../../../../docs/examples/sms.ts';
import { LEASE_MS } from '../../../../functions/ledger/act-once.ts';
import type { Ledger } from '../../../../functions/ledger/ledger.ts';
import type { EncodedEvent } from '../../../../functions/orders/wire.ts';
import { consumer, recordedConsumer, simulatedLedger } from '../../../support/consumer.ts';
import { anOrder, cancelledEvent, placedEvent } from '../../../support/orders.ts';

const [one, two] = [anOrder('one'), anOrder('two')];
const textFor = ({ orderId }: { orderId: string }) => `To pack: ${orderId}`;

type SendSms = Parameters<typeof smsHandler>[0]['sendSms'];

/** The example over the simulated DynamoDB and a provider that keeps what it gets. */
function packers() {
  const recorded = recordedConsumer();
  const texts: string[] = [];
  const { ledger } = simulatedLedger(recorded.ports);
  const send: SendSms = async (text) => {
    texts.push(text);
    return undefined;
  };
  const over = (right: Ledger, sendSms: SendSms) =>
    consumer((ports) => smsHandler({ ...ports, ledger: right, sendSms }), recorded);
  const deliver = async (events: EncodedEvent[], sendSms = send) => {
    const given = over(ledger, sendSms);
    expect(await given.deliver(...events)).toEqual([]);
    return given.counts();
  };
  /** Delivers to a process that ends at this request to the ledger, which stays unanswered. */
  const deliverUntil = async (request: 'put' | 'insert', events: EncodedEvent[]) => {
    const reached = Promise.withResolvers<void>();
    const end = async () => {
      reached.resolve();
      return new Promise<never>(() => undefined);
    };
    const insert: Ledger['insert'] = async (claims) => {
      await ledger.insert(claims);
      return end();
    };
    const dying: Ledger = request === 'put' ? { ...ledger, put: end } : { ...ledger, insert };
    void over(dying, send).deliver(...events);
    await reached.promise;
  };
  return { ...recorded, texts, deliver, deliverUntil };
}

describe('the example in docs/idempotent-effects.md', () => {
  it('tells the packers of each order once, whatever is delivered how often', async () => {
    const { deliver, texts } = packers();
    const batch = [placedEvent(one), placedEvent(two), placedEvent(one), cancelledEvent(two)];
    expect(await deliver(batch)).toMatchObject({ done: 2, duplicate: 1, skipped: 1 });
    expect(await deliver(batch)).toMatchObject({ done: 0, duplicate: 3, skipped: 1 });
    expect(texts).toEqual([textFor(one), textFor(two)]);
  });

  it('waits for the lease of a process that crashed before it sent, and then sends', async () => {
    const { deliver, deliverUntil, texts, clock } = packers();
    await deliverUntil('insert', [placedEvent(one)]);
    const crashedAt = clock.now;
    expect(await deliver([placedEvent(one)])).toMatchObject({ done: 1 });
    expect(texts).toEqual([textFor(one)]);
    expect(clock.now).toBeGreaterThanOrEqual(crashedAt + LEASE_MS);
  });

  it('sends twice, and not more often, where a process crashed between the text and its mark', async () => {
    const { deliver, deliverUntil, texts } = packers();
    await deliverUntil('put', [placedEvent(one)]);
    expect(await deliver([placedEvent(one)])).toMatchObject({ done: 1 });
    expect(await deliver([placedEvent(one)])).toMatchObject({ duplicate: 1 });
    expect(texts).toEqual([textFor(one), textFor(one)]);
  });

  it('does not hurry to send again what was not answered', async () => {
    const { deliver, clock } = packers();
    const tried: number[] = [];
    const sendSms = async () => {
      tried.push(clock.now);
      if (tried.length === 1) throw Object.assign(new Error('no answer'), { name: 'TimeoutError' });
      return undefined;
    };
    expect(await deliver([placedEvent(one)], sendSms)).toMatchObject({ done: 1 });
    const [first = 0, second = 0] = tried;
    expect(second - first).toBeGreaterThanOrEqual(LEASE_MS);
  });

  it('keeps what is refused for good as a dead letter', async () => {
    const { deliver, letters } = packers();
    expect(await deliver([placedEvent(one)], async () => ({ code: 'BARRED' }))).toMatchObject({
      deadLetter: 1,
    });
    expect(letters).toMatchObject([{ reason: 'refused', error: { code: 'BARRED' } }]);
  });

  it('stands there word for word', () => {
    const read = (path: string) => readFileSync(new URL(`../../../../docs/${path}`, import.meta.url), 'utf8');
    const [, shown] = /```ts\n(.*?)```/s.exec(read('idempotent-effects.md')) ?? [];
    expect(shown).toBe(read('examples/sms.ts'));
  });
});
