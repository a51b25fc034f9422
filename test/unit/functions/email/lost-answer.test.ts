import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { SESv2Client } from '@aws-sdk/client-sesv2';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { PASS, startAwsProxy } from '../../../../cli/faults/aws-proxy.ts';
import { awsClient } from '../../../../functions/deadline.ts';
import { sesSender } from '../../../../functions/email/ses.ts';
import { RESERVE_MS } from '../../../../functions/kafka/patience.ts';
import { LEASE_MS } from '../../../../functions/ledger/act-once.ts';
import { email, LAMBDA_CONTEXT, type LedgerFate, recordedConsumer } from '../../../support/consumer.ts';
import { kafkaEventOf } from '../../../support/kafka-event.ts';
import { anOrder, placedEvent } from '../../../support/orders.ts';

describe('a mail whose answer was lost', () => {
  it.each<[string, LedgerFate]>([
    ['for the length of a lease', () => undefined],
    [
      'by its claim where the ledger cannot be told',
      ({ input }) => (JSON.stringify(input).includes('"UPDATE ') ? 'throttled' : undefined),
    ],
  ])('is held back %s', async (_name, fate) => {
    const tries: number[] = [];
    const { deliver, clock } = email({
      fate,
      provider: () => async () => {
        tries.push(clock.now);
        throw Object.assign(new Error('no answer'), { name: 'TimeoutError' });
      },
    });
    const start = clock.now;
    await deliver(placedEvent(anOrder('lost-answer')));
    const [first, ...others] = tries.map((at) => at - start);
    expect(first).toBe(0);
    expect(others.filter((at) => at < LEASE_MS)).toEqual([]);
  });
});

describe('a mail whose answer never ends, among 25', () => {
  it.each(['stalled-answer', 'trickled-answer', 'cut-answer'] as const)(
    'is held back alone (%s): the others are marked, and a redelivery mails nobody',
    async (kind) => {
      const orders = Array.from({ length: 25 }, (_, n) => placedEvent(anOrder(`neighbour-${n}`)));
      const odd = orders[3]?.eventId ?? '';
      const taken: string[] = [];
      const provider = createServer(async (request, response) => {
        const { Content } = JSON.parse(await text(request));
        taken.push(Content.Simple.Headers[0].Value);
        response.setHeader('content-type', 'application/json').end('{"MessageId":"taken"}');
      });
      provider.listen(0, '127.0.0.1');
      await once(provider, 'listening');
      const { port } = provider.address() as AddressInfo;
      const proxy = await startAwsProxy(
        () => `http://127.0.0.1:${port}`,
        ({ body }) => (body.includes(odd) ? { kind } : PASS),
      );
      onTestFinished(async () => {
        await proxy.stop();
        provider.close();
        provider.closeAllConnections();
        vi.unstubAllEnvs();
      });
      vi.stubEnv('AWS_ENDPOINT_URL_SESV2', proxy.url);
      vi.stubEnv('AWS_REGION', 'us-east-1');
      vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
      vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');

      const recorded = recordedConsumer();
      const client = awsClient(SESv2Client, { attempts: 1, attemptMs: 2_000, callMs: 3_000 });
      const send = sesSender(client, 'orders@example.com', recorded.ports.logger);
      const { handler, rows } = email({ recorded, provider: () => send });
      // The rest of its invocation is as short as may be: the clock stands still while a mail is under way.
      const context = { ...LAMBDA_CONTEXT, getRemainingTimeInMillis: () => RESERVE_MS + 1 };
      const deliver = () => handler(kafkaEventOf(orders), context);

      expect((await deliver()).batchItemFailures).toHaveLength(1);
      expect(new Set(taken).size).toBe(25);
      expect([...rows().values()].filter(({ status }) => status === 'SENT')).toHaveLength(24);
      expect((await deliver()).batchItemFailures).toHaveLength(1);
      expect(taken).toHaveLength(25);
    },
  );
});
