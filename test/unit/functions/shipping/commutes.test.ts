import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Item } from '../../../../functions/ledger/table.ts';
import { ManifestId } from '../../../../functions/manifest/manifest-id.ts';
import type { EncodedEvent } from '../../../../functions/orders/wire.ts';
import type { Shipments } from '../../../../functions/shipping/shipments.ts';
import { shippingHandler } from '../../../../functions/shipping/shipping-handler.ts';
import { LAMBDA_CONTEXT, recordedConsumer } from '../../../support/consumer.ts';
import { inMemoryManifestShipments } from '../../../support/in-memory-manifests.ts';
import { inMemoryShipments } from '../../../support/in-memory-shipments.ts';
import { kafkaEventOf } from '../../../support/kafka-event.ts';
import { cancelledEvent } from '../../../support/order-events.ts';
import { anOrder, placedEvent } from '../../../support/orders.ts';

const [shipped, withdrawn] = [anOrder('shipped'), anOrder('withdrawn')];
const events = [placedEvent(shipped), placedEvent(withdrawn), cancelledEvent(withdrawn)];

/** Every event at least once, some more often, in any order, cut into batches anywhere. */
const deliveries = fc
  .array(fc.constantFrom(...events), { maxLength: 6 })
  .chain((copies) =>
    fc.shuffledSubarray([...events, ...copies], { minLength: events.length + copies.length }),
  )
  .chain((order) =>
    fc
      .array(fc.boolean(), { minLength: order.length, maxLength: order.length })
      .map((cuts) => batchesOf(order, cuts)),
  );

function batchesOf(order: readonly EncodedEvent[], cuts: readonly boolean[]): EncodedEvent[][] {
  const batches: EncodedEvent[][] = [[]];
  order.forEach((event, index) => {
    if (cuts[index]) batches.push([]);
    batches.at(-1)?.push(event);
  });
  return batches.filter((batch) => batch.length > 0);
}

async function deliver(
  batches: readonly EncodedEvent[][],
  shipments: (items: Map<string, Item>) => Shipments = inMemoryShipments,
  items: Map<string, Item> = new Map(),
): Promise<Record<string, Item>> {
  const { ports, letters } = recordedConsumer();
  const handler = shippingHandler({ ...ports, shipments: shipments(items) });
  for (const batch of batches) {
    expect(await handler(kafkaEventOf(batch), LAMBDA_CONTEXT)).toEqual({ batchItemFailures: [] });
  }
  expect(letters).toEqual([]);
  return Object.fromEntries(items);
}

const ends = (shipments?: (items: Map<string, Item>) => Shipments) =>
  fc.asyncProperty(deliveries, async (batches) => {
    const straight = await deliver(events.map((event) => [event]));
    expect(await deliver(batches, shipments)).toEqual(straight);
  });

describe('shipping', () => {
  it('leaves a label for what was placed, and none for what was cancelled', async () => {
    const items = await deliver([events]);
    expect(items[shipped.orderId]?.status).toEqual({ S: 'LABEL_CREATED' });
    expect(items[withdrawn.orderId]?.status).toEqual({ S: 'CANCELLED' });
  });

  it('ends with the same shipments whatever the order, the repetition and the batches', async () => {
    await fc.assert(ends(), { numRuns: 300 });
  });

  it('ends with the same shipments whatever comes after they were put on a manifest', async () => {
    const start = await deliver([[placedEvent(shipped), placedEvent(withdrawn)]]);
    const onManifest = new Map(Object.entries(start));
    const orderIds = [shipped.orderId, withdrawn.orderId];
    await inMemoryManifestShipments(onManifest).assign(ManifestId.parse('2026-03-01-post'), orderIds);

    await fc.assert(
      fc.asyncProperty(deliveries, async (batches) => {
        const items = await deliver(batches, inMemoryShipments, new Map(onManifest));
        expect(items[shipped.orderId]).toEqual(onManifest.get(shipped.orderId));
        expect(items[withdrawn.orderId]).toEqual({
          ...onManifest.get(withdrawn.orderId),
          cancelledTooLateAt: { S: '2026-03-01T12:05:00.000Z' },
        });
      }),
      { numRuns: 100 },
    );
  });

  it('would not without the condition on its insertion', async () => {
    const unconditional = (items: Map<string, Item>): Shipments => ({
      ...inMemoryShipments(items),
      insertNew: async (added) => {
        for (const item of added) items.set(item.orderId?.S ?? '', item);
        return new Map(added.map((item) => [item.orderId?.S ?? '', { kind: 'inserted' }]));
      },
    });
    const result = await fc.check(ends(unconditional), { numRuns: 300 });
    expect(result.failed).toBe(true);
  });
});
