import { describe, expect, it } from 'vitest';
import { IN_REAL_TIME } from '../../../../functions/backoff.ts';
import { deadLetterStore } from '../../../../functions/dead-letters/store.ts';
import type { EncodedEvent } from '../../../../functions/orders/wire.ts';
import { dynamoDbShipments } from '../../../../functions/shipping/shipments.ts';
import { shippingHandler } from '../../../../functions/shipping/shipping.ts';
import { LAMBDA_CONTEXT, recordedConsumer } from '../../../support/consumer.ts';
import { scan, sentCommands, testClient, testTable } from '../../../support/dynamodb.ts';
import { testEngines } from '../../../support/engines.ts';
import { inMemoryShipments } from '../../../support/in-memory-shipments.ts';
import { kafkaEventOf } from '../../../support/kafka-event.ts';
import { anOrder, cancelledEvent, orderBody, placedEvent } from '../../../support/orders.ts';

const order = anOrder('shipping');
const [P, C] = [placedEvent(order), cancelledEvent(order)];
const many = (count: number) => Array.from({ length: count }, (_, n) => placedEvent(anOrder(`many-${n}`)));

describe.each(['ministack', 'dynamodbLocal'] as const)('shipping on %s', (engine) => {
  async function fixture() {
    const client = testClient(testEngines()[engine]);
    const shipments = await testTable(client, { hash: 'orderId' });
    const letters = await testTable(client, { hash: 'consumer', range: { name: 'recordId', type: 'S' } });
    const consumer = recordedConsumer({ writeDeadLetter: deadLetterStore(client, letters) });
    const handler = shippingHandler({ ...consumer.ports, shipments: dynamoDbShipments(client, shipments) });
    return {
      client,
      deliver: async (...events: EncodedEvent[]) => {
        expect(await handler(kafkaEventOf(events), LAMBDA_CONTEXT)).toEqual({ batchItemFailures: [] });
        return consumer.lines.at(-1)?.fields;
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

  it('takes a second delivery for a duplicate', async () => {
    const { deliver, shipments } = await fixture();
    await deliver(P);
    const [before] = await shipments();
    expect(await deliver(P, P)).toMatchObject({ done: 0, duplicate: 2 });
    expect(await shipments()).toEqual([before]);
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

  it.each([
    ['placed, then cancelled', [[P], [C]]],
    ['placed and cancelled in one batch', [[P, C]]],
    ['cancelled, then placed', [[C], [P]]],
    ['cancelled and placed in one batch', [[C, P]]],
    ['cancelled, placed, and all of it again', [[C], [P], [C, P], [P], [C]]],
  ])('ends with the same cancelled shipment: %s', async (_name, batches) => {
    const { deliver, shipments } = await fixture();
    for (const batch of batches) await deliver(...batch);

    const straight = await fixture();
    await straight.deliver(P);
    await straight.deliver(C);
    expect(await shipments()).toEqual(await straight.shipments());
    expect(await shipments()).toMatchObject([{ status: { S: 'CANCELLED' } }]);
  });

  it('counts a cancellation once', async () => {
    const { deliver } = await fixture();
    expect(await deliver(C)).toMatchObject({ done: 1 });
    expect(await deliver(C)).toMatchObject({ duplicate: 1 });
    expect(await deliver(P)).toMatchObject({ done: 1 });
    expect(await deliver(P, C)).toMatchObject({ duplicate: 2 });
  });

  it('needs 4 requests for 100 new records, 5 for the same again', async () => {
    const { client, deliver } = await fixture();
    const sent = sentCommands(client);
    expect(await deliver(...many(100))).toMatchObject({ done: 100 });
    expect(sent.splice(0)).toHaveLength(4);
    expect(await deliver(...many(100))).toMatchObject({ duplicate: 100 });
    expect(sent.splice(0)).toHaveLength(5);
  });

  it('needs no further request for orders that are placed and cancelled in one batch', async () => {
    const { client, deliver } = await fixture();
    const sent = sentCommands(client);
    expect(await deliver(P, C)).toMatchObject({ done: 2 });
    expect(sent).toEqual(['BatchExecuteStatementCommand']);
  });

  it('delivers again what a missing table refused', async () => {
    const client = testClient(testEngines()[engine]);
    const { ports } = recordedConsumer();
    // Each round of the consumer's would wait as long as a batch may take, in real time.
    const soon = { ...IN_REAL_TIME, timeout: () => AbortSignal.timeout(100) };
    const handler = shippingHandler({
      ...ports,
      shipments: dynamoDbShipments(client, 'no-such-table', soon),
    });
    expect((await handler(kafkaEventOf([P, C]), LAMBDA_CONTEXT)).batchItemFailures).toHaveLength(2);
  });

  it('agrees with its twin in memory, step by step', async () => {
    const real = await fixture();
    const items = new Map();
    const twin = recordedConsumer();
    const handler = shippingHandler({ ...twin.ports, shipments: inMemoryShipments(items) });
    for (const batch of [[C], [P], [P, C], [C, P, P]]) {
      await handler(kafkaEventOf(batch), LAMBDA_CONTEXT);
      expect(await real.deliver(...batch)).toMatchObject({ ...twin.lines.at(-1)?.fields, durationMs: 0 });
      expect(await real.shipments()).toEqual([...items.values()]);
    }
  });
});
