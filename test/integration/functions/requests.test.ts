import { describe, expect, it, onTestFinished } from 'vitest';
import { type AwsRequest, type Fate, PASS, startAwsProxy } from '../../../cli/faults/aws-proxy.ts';
import { emailHandler } from '../../../functions/email/email.ts';
import type { Mail } from '../../../functions/email/mails.ts';
import type { KafkaHandler } from '../../../functions/kafka/consume.ts';
import { dynamoDbLedger } from '../../../functions/ledger/ledger.ts';
import { salesHandler } from '../../../functions/sales/sales.ts';
import { dynamoDbSales } from '../../../functions/sales/table.ts';
import { dynamoDbShipments } from '../../../functions/shipping/shipments.ts';
import { shippingHandler } from '../../../functions/shipping/shipping.ts';
import { LAMBDA_CONTEXT, recordedConsumer } from '../../support/consumer.ts';
import { scan, testClient, testTable } from '../../support/dynamodb.ts';
import { testEngines } from '../../support/engines.ts';
import { kafkaEventOf } from '../../support/kafka-event.ts';
import { anOrder, placedEvent } from '../../support/orders.ts';

const batch = kafkaEventOf(Array.from({ length: 100 }, (_, n) => placedEvent(anOrder(`request-${n}`))));

/** A consumer whose requests to the engine go through a proxy. */
async function throughProxy(
  engine: 'ministack' | 'dynamodbLocal',
  table: Parameters<typeof testTable>[1],
  handlerOn: (client: ReturnType<typeof testClient>, table: string, ports: Ports) => KafkaHandler,
  fateOf?: (request: AwsRequest) => Fate,
) {
  const proxy = await startAwsProxy(() => testEngines()[engine], fateOf);
  onTestFinished(() => proxy.stop());
  const direct = testClient(testEngines()[engine]);
  const name = await testTable(direct, table);
  const { ports, lines } = recordedConsumer();
  const handler = handlerOn(testClient(proxy.url), name, ports);
  return {
    /** Delivers the batch; answers how it was counted, and the requests that it took. */
    async deliver() {
      const before = proxy.operations.length;
      expect(await handler(batch, LAMBDA_CONTEXT)).toEqual({ batchItemFailures: [] });
      return { counts: lines.at(-1)?.fields, requests: proxy.operations.slice(before) };
    },
    rows: () => scan(direct, name),
  };
}
type Ports = ReturnType<typeof recordedConsumer>['ports'];

const shipping = (engine: 'ministack' | 'dynamodbLocal', fateOf?: (request: AwsRequest) => Fate) =>
  throughProxy(
    engine,
    { hash: 'orderId' },
    (client, table, ports) => shippingHandler({ ...ports, shipments: dynamoDbShipments(client, table) }),
    fateOf,
  );

const sales = (engine: 'ministack' | 'dynamodbLocal') =>
  throughProxy(engine, { hash: 'key', range: { name: 'part', type: 'S' } }, (client, table, ports) =>
    salesHandler({ ...ports, sales: dynamoDbSales(client, table, 'sales-service') }),
  );

const email = async (engine: 'ministack' | 'dynamodbLocal', fateOf?: (request: AwsRequest) => Fate) => {
  const sent: Mail[] = [];
  const consumer = await throughProxy(
    engine,
    { hash: 'eventKey' },
    (client, table, ports) =>
      emailHandler({
        ...ports,
        ledger: dynamoDbLedger(client, table, ports.now),
        sendMail: async (mail) => {
          sent.push(mail);
          return undefined;
        },
        sendDeadlineMs: 7_000,
      }),
    fateOf,
  );
  return { ...consumer, sent };
};

describe.each(['ministack', 'dynamodbLocal'] as const)(
  '100 records on %s, counted between function and engine',
  (engine) => {
    it('take shipping 4 requests, and 5 when they come again', async () => {
      const { deliver } = await shipping(engine);
      expect((await deliver()).requests).toHaveLength(4);
      const again = await deliver();
      expect(again.requests).toHaveLength(5);
      expect(again.counts).toMatchObject({ duplicate: 100 });
    });

    it('take sales 2 transactions, and 2 when they come again', async () => {
      const { deliver, rows } = await sales(engine);
      expect((await deliver()).requests).toEqual(['TransactWriteItems', 'TransactWriteItems']);
      const again = await deliver();
      expect(again.requests).toHaveLength(2);
      expect(again.counts).toMatchObject({ duplicate: 100 });
      expect((await rows()).flatMap(({ orders }) => (orders ? [Number(orders.N)] : []))).toEqual([100]);
    });

    it('take email 4 claims and a mark for each ten mails that go out together, and 5 requests when they come again', async () => {
      const { deliver, sent } = await email(engine);
      const counts = Map.groupBy((await deliver()).requests, (operation) => operation);
      expect([...counts].map(([operation, { length }]) => [operation, length])).toEqual([
        ['BatchExecuteStatement', 4],
        // Of 25, 25, 25 and 25.
        ['BatchWriteItem', 4 * 3],
      ]);
      const again = await deliver();
      expect(again.requests).toHaveLength(5);
      expect(again.counts).toMatchObject({ duplicate: 100 });
      expect(sent).toHaveLength(100);
    });

    it('are shipped once although answers of the engine are lost', async () => {
      const { deliver, rows } = await shipping(engine, lostAnswers(2));
      const { counts } = await deliver();
      expect(counts).toMatchObject({ records: 100, retry: 0, deadLetter: 0 });
      expect(await rows()).toHaveLength(100);
    });

    it('are mailed once although answers of the engine are lost', async () => {
      const { deliver, rows, sent } = await email(engine, lostAnswers(3));
      expect((await deliver()).counts).toMatchObject({ done: 100 });
      expect(new Set(sent.map(({ eventId }) => eventId)).size).toBe(100);
      expect(sent).toHaveLength(100);
      expect((await rows()).filter(({ status }) => status?.S === 'SENT')).toHaveLength(100);
    });

    it('are waited for while the table is throttled', async () => {
      let throttles = 12;
      const { deliver, rows } = await shipping(engine, () =>
        throttles-- > 0
          ? { kind: 'answer', status: 400, type: 'ProvisionedThroughputExceededException' }
          : PASS,
      );
      expect((await deliver()).counts).toMatchObject({ done: 100, retry: 0 });
      expect(await rows()).toHaveLength(100);
    });
  },
);

/** Every third request is carried out and not answered, so many times. */
function lostAnswers(times: number): () => Fate {
  let requests = 0;
  return () => (++requests % 3 === 1 && requests <= times * 3 ? { kind: 'lost-answer' } : PASS);
}
