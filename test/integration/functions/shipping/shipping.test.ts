import { describe, expect, it } from 'vitest';
import { IN_REAL_TIME } from '../../../../functions/backoff.ts';
import { deadLetterStore } from '../../../../functions/dead-letters/store.ts';
import type { EncodedEvent } from '../../../../functions/orders/wire.ts';
import { dynamoDbShipments } from '../../../../functions/shipping/shipments.ts';
import { shippingHandler } from '../../../../functions/shipping/shipping.ts';
import { consumer, recordedConsumer } from '../../../support/consumer.ts';
import { scan, testClient, testTable } from '../../../support/dynamodb.ts';
import { testEngines } from '../../../support/engines.ts';
import { anOrder, cancelledEvent, orderBody, placedEvent } from '../../../support/orders.ts';

const order = anOrder('shipping');
const [P, C] = [placedEvent(order), cancelledEvent(order)];

describe.each(['ministack', 'dynamodbLocal'] as const)('shipping on %s', (engine) => {
  async function fixture() {
    const client = testClient(testEngines()[engine]);
    const shipments = await testTable(client, { hash: 'orderId' });
    const letters = await testTable(client, { hash: 'consumer', range: { name: 'recordId', type: 'S' } });
    const recorded = recordedConsumer({ writeDeadLetter: deadLetterStore(client, letters) });
    const given = consumer(
      (ports) => shippingHandler({ ...ports, shipments: dynamoDbShipments(client, shipments) }),
      recorded,
    );
    return {
      deliver: async (...events: EncodedEvent[]) => {
        expect(await given.deliver(...events)).toEqual([]);
        return given.counts();
      },
      shipments: () => scan(client, shipments),
      letters: () => scan(client, letters),
    };
  }

  it('creates the label of an order from its event alone', async () => {
    const { deliver, shipments } = await fixture();
    expect(await deliver(P)).toMatchObject({ done: 1 });
    expect(await shipments()).toEqual([
      {
        orderId: { S: order.orderId },
        status: { S: 'LABEL_CREATED' },
        address: {
          M: {
            name: { S: 'Anna Beispiel' },
            line1: { S: 'Musterweg 1' },
            city: { S: 'Berlin' },
            postalCode: { S: '10115' },
            country: { S: 'DE' },
          },
        },
        lines: { L: [{ M: { sku: { S: 'TEA-1' }, name: { S: 'Tea' }, quantity: { N: '2' } } }] },
        createdAt: { S: '2026-03-01T12:00:00.000Z' },
        weightClass: { S: 'letter' },
        carrier: { S: 'post' },
        awaitingCarrier: { S: 'post' },
        fingerprint: { S: expect.stringMatching(/^[0-9a-f]{64}$/) },
      },
    ]);
  });

  it('keeps another placement of the same order as a dead letter, and the shipment as it is', async () => {
    const { deliver, shipments, letters } = await fixture();
    await deliver(P);
    const [before] = await shipments();
    const body = orderBody();
    const other = { ...body, shippingAddress: { ...body.shippingAddress, line1: 'Musterweg 2' } };
    expect(await deliver(placedEvent(anOrder('shipping', other)))).toMatchObject({ deadLetter: 1 });
    expect(await shipments()).toEqual([before]);
    expect(await letters()).toMatchObject([{ reason: { S: 'conflict' }, consumer: { S: 'test-service' } }]);
  });

  it('ends with the same cancelled shipment, whatever came first, and counts each event once', async () => {
    const [straight, turned] = [await fixture(), await fixture()];
    for (const event of [P, C]) expect(await straight.deliver(event)).toMatchObject({ done: 1 });
    for (const event of [C, P]) expect(await turned.deliver(event)).toMatchObject({ done: 1 });
    for (const event of [C, P]) expect(await turned.deliver(event)).toMatchObject({ duplicate: 1 });
    expect(await turned.shipments()).toEqual(await straight.shipments());
    expect(await turned.shipments()).toMatchObject([{ status: { S: 'CANCELLED' } }]);
  });

  it('delivers again what a missing table refused', async () => {
    const client = testClient(testEngines()[engine]);
    // Each round of the consumer's would wait as long as a batch may take, in real time.
    const soon = { ...IN_REAL_TIME, timeout: () => AbortSignal.timeout(100) };
    const { deliver } = consumer((ports) =>
      shippingHandler({ ...ports, shipments: dynamoDbShipments(client, 'no-such-table', soon) }),
    );
    expect(await deliver(P, C)).toEqual([0, 1]);
  });
});
