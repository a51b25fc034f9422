import { describe, expect, it } from 'vitest';
import type { EncodedEvent } from '../../../../functions/orders/wire.ts';
import { salesHandler } from '../../../../functions/sales/sales.ts';
import { dynamoDbSales } from '../../../../functions/sales/table.ts';
import { consumer } from '../../../support/consumer.ts';
import { scan, testClient, testTable } from '../../../support/dynamodb.ts';
import { testEngines } from '../../../support/engines.ts';
import { kafkaEvent, lambdaRecord } from '../../../support/kafka-event.ts';
import { anOrder, cancelledEvent, placedEvent } from '../../../support/orders.ts';

const orders = Array.from({ length: 120 }, (_, n) => anOrder(`sold-${n}`));
const placed = orders.map(placedEvent);
const [first = anOrder('none')] = orders;

describe.each(['ministack', 'dynamodbLocal'] as const)('sales on %s', (engine) => {
  async function fixture() {
    const client = testClient(testEngines()[engine]);
    const table = await testTable(client, { hash: 'key', range: { name: 'part', type: 'S' } });
    const environment = () =>
      consumer((ports) => salesHandler({ ...ports, sales: dynamoDbSales(client, table, 'sales-service') }));
    const given = environment();
    return {
      environment,
      async deliver(...events: EncodedEvent[]) {
        expect(await given.deliver(...events)).toEqual([]);
        return given.counts();
      },
      /** All parts of the sums of the one day and currency there is. */
      async sums() {
        const parts = (await scan(client, table)).filter(({ part }) => part?.S !== 'counted');
        expect(new Set(parts.map(({ key, part }) => `${key?.S} ${part?.S?.slice(0, 3)}`)).size).toBe(1);
        const sum = (name: string) => parts.reduce((so, part) => so + Number(part[name]?.N), 0);
        return { orders: sum('orders'), revenue: sum('revenue'), cancellations: sum('cancellations') };
      },
    };
  }

  it('adds up a batch, leaves out what it has counted before, and counts a cancellation', async () => {
    const { deliver, sums } = await fixture();
    expect(await deliver(...placed.slice(0, 100))).toMatchObject({ done: 100 });
    expect(await deliver(...placed.slice(90), cancelledEvent(first))).toMatchObject({
      done: 21,
      duplicate: 10,
    });
    expect(await sums()).toEqual({ orders: 120, revenue: 120 * 900, cancellations: 1 });
  });

  it('counts each event once, though four environments have all of them at the same moment', async () => {
    const { environment, sums } = await fixture();
    const invocations = [0, 1, 2, 3].map(async (partition) => {
      const records = placed.map((event, offset) => lambdaRecord(event, offset, partition));
      const { handle, counts } = environment();
      expect(await handle(kafkaEvent(records))).toEqual([]);
      return Number(counts()?.done);
    });
    const done = await Promise.all(invocations);
    expect(done.reduce((sum, one) => sum + one, 0)).toBe(120);
    expect(await sums()).toEqual({ orders: 120, revenue: 120 * 900, cancellations: 0 });
  });
});
