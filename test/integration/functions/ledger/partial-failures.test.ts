import { describe, expect, it } from 'vitest';
import { emailHandler } from '../../../../functions/email/email.ts';
import { LEASE_MS, newClaim } from '../../../../functions/ledger/act-once.ts';
import type { Owner } from '../../../../functions/ledger/ledger.ts';
import { dynamoDbLedger } from '../../../../functions/ledger/ledger.ts';
import { LAMBDA_CONTEXT, recordedConsumer } from '../../../support/consumer.ts';
import { testClient, testTable } from '../../../support/dynamodb.ts';
import { testEngines } from '../../../support/engines.ts';
import { kafkaEventOf } from '../../../support/kafka-event.ts';
import { anOrder, placedEvent } from '../../../support/orders.ts';
import { throttleOnce } from '../../../support/throttling.ts';

const NOW = Date.parse('2026-03-01T12:00:00.000Z');

describe.each(['ministack', 'dynamodbLocal'] as const)(
  'dynamoDbLedger on %s, where a batch succeeds in part,',
  (engine) => {
    async function fixture() {
      const client = testClient(testEngines()[engine]);
      const table = await testTable(client, { hash: 'eventKey' });
      const ledger = dynamoDbLedger(client, table, () => NOW);
      const consumer = recordedConsumer();
      const sent: string[] = [];
      const handler = emailHandler({
        ...consumer.ports,
        ledger,
        sendMail: async ({ eventId }) => {
          sent.push(eventId);
          return undefined;
        },
        sendDeadlineMs: 7_000,
      });
      const events = Array.from({ length: 30 }, (_, n) => placedEvent(anOrder(`partial-${n}`)));
      const deliver = async () => {
        expect(await handler(kafkaEventOf(events), LAMBDA_CONTEXT)).toEqual({ batchItemFailures: [] });
        return consumer.lines.at(-1)?.fields;
      };
      const key = (n: number) => `test-service#${events[n]?.eventId}`;
      return { client, ledger, sent, deliver, key };
    }

    it('asks again at once for the one key alone whose claim was throttled', async () => {
      const { client, sent, deliver, key } = await fixture();
      const asked = throttleOnce(client, 'INSERT', [key(7)]);
      expect(await deliver()).toMatchObject({ done: 30, rounds: 1 });
      expect(asked).toEqual([25, 1, 5]);
      expect([sent.length, new Set(sent).size]).toEqual([30, 30]);
    });

    it('asks again at once for the marks that were not processed, and for them alone', async () => {
      const { client, ledger, deliver, key } = await fixture();
      const asked = throttleOnce(client, 'put', [key(1), key(2), key(29)]);
      expect(await deliver()).toMatchObject({ done: 30, rounds: 1 });
      // However the marks were divided: each is asked for once, and those three once more.
      expect(asked.reduce((sum, size) => sum + size)).toBe(33);
      for (const n of [1, 2, 29]) {
        expect((await ledger.read([key(n)])).get(key(n))).toMatchObject({ row: { status: 'SENT' } });
      }
    });

    it('asks again at once for the rows that were not read, and for them alone', async () => {
      const { client, sent, deliver, key } = await fixture();
      await deliver();
      const asked = throttleOnce(client, 'read', [key(3), key(4)]);
      expect(await deliver()).toMatchObject({ duplicate: 30, rounds: 1 });
      expect(asked).toEqual([30, 2]);
      expect(sent).toHaveLength(30);
    });

    it('asks again at once for the one expired claim alone whose take-over was throttled', async () => {
      const { client, ledger, sent, deliver, key } = await fixture();
      const expired = newClaim('other' as Owner, NOW - LEASE_MS);
      await ledger.insert(new Map(Array.from({ length: 30 }, (_, n) => [key(n), expired])));
      const asked = throttleOnce(client, 'UPDATE', [key(7)]);
      expect(await deliver()).toMatchObject({ done: 30, rounds: 1 });
      expect(asked).toEqual([25, 1, 5]);
      expect([sent.length, new Set(sent).size]).toEqual([30, 30]);
    });
  },
);
