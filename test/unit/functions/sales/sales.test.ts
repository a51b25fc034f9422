import { describe, expect, it } from 'vitest';
import { salesHandler } from '../../../../functions/sales/sales.ts';
import { SUMS } from '../../../../functions/sales/sums.ts';
import { dynamoDbSales } from '../../../../functions/sales/table.ts';
import { type Fate, type SentRequest, simulatedDynamoDb } from '../../../simulator/dynamodb/client.ts';
import { cancelled } from '../../../simulator/dynamodb/writes.ts';
import { consumer, recordedConsumer } from '../../../support/consumer.ts';
import { kafkaEvent, lambdaRecord } from '../../../support/kafka-event.ts';
import { anOrder, cancelledEvent, orderBody, placedEvent } from '../../../support/orders.ts';

/** Sales as it is deployed, over the simulated DynamoDB; `fate` befalls its requests. */
function sales(fate: (request: SentRequest, nth: number) => Fate | undefined = () => undefined) {
  let sent = 0;
  const { client, tables, requests } = simulatedDynamoDb({
    tables: { Sales: { hash: 'key', range: { name: 'part', type: 'S' } } },
    fate: (request) => fate(request, ++sent),
  });
  const recorded = recordedConsumer();
  const delivered = consumer(
    (ports) => salesHandler({ ...ports, sales: dynamoDbSales(client, 'Sales', 'sales-service') }),
    recorded,
  );
  /** What the table adds up to, by day and currency, as whoever reads it sees it. */
  const sums = () => {
    const byBucket: Record<string, Record<string, number>> = {};
    for (const item of tables.Sales.items.values()) {
      if (item.part?.S === 'counted') continue;
      const bucket = `${item.key?.S} ${item.part?.S?.split('#')[0]}`;
      const sum = byBucket[bucket] ?? Object.fromEntries(SUMS.map((name) => [name, 0]));
      for (const name of SUMS) sum[name] = (sum[name] ?? 0) + Number(item[name]?.N);
      byBucket[bucket] = sum;
    }
    return byBucket;
  };
  return { ...delivered, requests, sums, items: tables.Sales.items };
}

const NO_SALES = { orders: 0, items: 0, revenue: 0, cancellations: 0, cancelled: 0 };
/** An order of two teas at 4.50 EUR. */
const [tea, coffee] = [anOrder('tea'), anOrder('coffee')];
const many = Array.from({ length: 100 }, (_, n) => placedEvent(anOrder(`order-${n}`)));

describe('what is counted', () => {
  it('is orders, items and revenue on the day of the order, and a cancellation on its own day', async () => {
    const { deliver, sums } = sales();
    await deliver(placedEvent(tea), placedEvent(coffee), cancelledEvent(tea));
    expect(sums()).toEqual({
      '2026-03-01 EUR': { orders: 2, items: 4, revenue: 1_800, cancellations: 1, cancelled: 900 },
    });
  });

  it('is apart by currency', async () => {
    const { deliver, sums } = sales();
    await deliver(placedEvent(tea), placedEvent(anOrder('yen', { ...orderBody(), currency: 'JPY' })));
    expect(sums()).toEqual({
      '2026-03-01 EUR': { ...NO_SALES, orders: 1, items: 2, revenue: 900 },
      '2026-03-01 JPY': { ...NO_SALES, orders: 1, items: 2, revenue: 900 },
    });
  });

  it('does not depend on which comes first, the order or its cancellation', async () => {
    const { deliver, sums } = sales();
    await deliver(cancelledEvent(tea));
    await deliver(placedEvent(tea));
    expect(sums()['2026-03-01 EUR']).toMatchObject({ orders: 1, cancellations: 1, cancelled: 900 });
  });
});

describe('counting exactly once', () => {
  it('counts a second copy in the same batch, and a second delivery, no more', async () => {
    const { deliver, sums, counts } = sales();
    await deliver(placedEvent(tea), placedEvent(tea));
    expect(counts()).toMatchObject({ done: 1, duplicate: 1 });
    await deliver(placedEvent(tea));
    expect(counts()).toMatchObject({ done: 0, duplicate: 1 });
    expect(sums()['2026-03-01 EUR']).toMatchObject({ orders: 1, revenue: 900 });
  });

  it('leaves out what is counted already, and counts its neighbours', async () => {
    const { deliver, sums, counts } = sales();
    await deliver(...many.slice(0, 30));
    await deliver(...many);
    expect(counts()).toMatchObject({ done: 70, duplicate: 30 });
    expect(sums()['2026-03-01 EUR']).toMatchObject({ orders: 100, items: 200, revenue: 90_000 });
  });

  it('counts once what was written although its answer was lost', async () => {
    const { deliver, sums, counts } = sales((_, nth) => (nth === 1 ? 'answer lost' : undefined));
    await deliver(placedEvent(tea), placedEvent(coffee));
    expect(counts()).toMatchObject({ rounds: 2, duplicate: 2 });
    expect(sums()['2026-03-01 EUR']).toMatchObject({ orders: 2 });
  });

  it('counts nothing while DynamoDB fails, and all of it afterwards', async () => {
    let down = true;
    const { deliver, sums } = sales(() => (down ? 'failed' : undefined));
    expect(await deliver(placedEvent(tea), placedEvent(coffee))).toEqual([0, 1]);
    expect(sums()).toEqual({});
    down = false;
    expect(await deliver(placedEvent(tea), placedEvent(coffee))).toEqual([]);
    expect(sums()['2026-03-01 EUR']).toMatchObject({ orders: 2 });
  });
});

describe('what it takes', () => {
  it('is two transactions for a batch of 100 events', async () => {
    const { deliver, requests } = sales();
    await deliver(...many);
    expect(requests.map(({ name }) => name)).toEqual(['TransactWriteItems', 'TransactWriteItems']);
  });

  it('is never a transaction of more than 100 items, however many days and currencies a batch is about', async () => {
    const { deliver, sums, counts } = sales();
    const currencies = ['EUR', 'USD', 'JPY', 'GBP', 'CHF'];
    const bodies = many.map((_, n) => ({ ...orderBody(), currency: currencies[n % 5] }));
    await deliver(...bodies.map((body, n) => placedEvent(anOrder(`mixed-${n}`, body))));
    expect(counts()).toMatchObject({ done: 100 });
    expect(Object.values(sums()).map(({ orders }) => orders)).toEqual([20, 20, 20, 20, 20]);
  });

  it('adds to a part of the sum that is the partition’s own, so that two invocations are not in each other’s way', async () => {
    const { handle, items } = sales();
    await handle(kafkaEvent([lambdaRecord(placedEvent(tea), 0, 1)]));
    await handle(kafkaEvent([lambdaRecord(placedEvent(coffee), 0, 2)]));
    const parts = [...items.values()].map(({ part }) => part?.S).filter((part) => part !== 'counted');
    expect(parts).toEqual(['EUR#1', 'EUR#2']);
  });
});

/** Another transaction is at the sum. */
const conflict = (): never => {
  throw cancelled([{ Code: 'None' }, { Code: 'TransactionConflict' }]);
};

describe('others at the same sum', () => {
  it('are waited for', async () => {
    const { deliver, counts, waits } = sales((_, nth) => (nth <= 3 ? conflict() : undefined));
    await deliver(placedEvent(tea));
    expect(counts()).toMatchObject({ done: 1, rounds: 1 });
    expect(waits).toEqual([20, 40, 80]);
  });

  it('are no reason for a dead letter, however long it takes', async () => {
    const { deliver, letters } = sales(conflict);
    expect(await deliver(placedEvent(tea))).toEqual([0]);
    expect(letters).toEqual([]);
  });
});
