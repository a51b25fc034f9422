import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Item } from '../../../../functions/dynamodb.ts';
import { ManifestId } from '../../../../functions/manifest/manifest-id.ts';
import type { EncodedEvent } from '../../../../functions/orders/wire.ts';
import type { Shipments } from '../../../../functions/shipping/shipments.ts';
import { shippingHandler } from '../../../../functions/shipping/shipping.ts';
import { LAMBDA_CONTEXT, recordedConsumer } from '../../../support/consumer.ts';
import { inMemoryManifestShipments } from '../../../support/in-memory-manifests.ts';
import { inMemoryShipments } from '../../../support/in-memory-shipments.ts';
import { kafkaEventOf } from '../../../support/kafka-event.ts';
import { anOrder, cancelledEvent, orderBody, placedEvent } from '../../../support/orders.ts';

/** Equal but for their ids. */
const [shipped, withdrawn] = [anOrder('shipped'), anOrder('withdrawn')];
const events = [placedEvent(shipped), placedEvent(withdrawn), cancelledEvent(withdrawn)];

/** Where the process of a delivery ends: at a request to the table, before it is carried out or after. */
interface Crash {
  readonly request: number;
  readonly carriedOut: boolean;
}

/** A batch, and the crash that its first delivery ends in, if any: then it is delivered again, whole or event by event. */
interface Delivery {
  readonly batch: readonly EncodedEvent[];
  readonly crash: Crash | undefined;
  readonly again: 'whole' | 'in parts';
}

const delivery = fc.record({
  cut: fc.boolean(),
  crash: fc.option(fc.record({ request: fc.integer({ min: 1, max: 5 }), carriedOut: fc.boolean() }), {
    nil: undefined,
  }),
  again: fc.constantFrom('whole', 'in parts'),
});

/** Every event at least once, some more often, in any order, cut into batches anywhere. */
function deliveriesOf(events: readonly EncodedEvent[]): fc.Arbitrary<Delivery[]> {
  return fc
    .array(fc.constantFrom(...events), { maxLength: 6 })
    .chain((copies) =>
      fc.shuffledSubarray([...events, ...copies], { minLength: events.length + copies.length }),
    )
    .chain((order) =>
      fc.array(delivery, { minLength: order.length, maxLength: order.length }).map((cuts) => {
        const deliveries: (Delivery & { batch: EncodedEvent[] })[] = [];
        order.forEach((event, index) => {
          const { cut = true, crash, again = 'whole' } = cuts[index] ?? {};
          if (cut || index === 0) deliveries.push({ batch: [event], crash, again });
          else deliveries.at(-1)?.batch.push(event);
        });
        return deliveries;
      }),
    );
}

/** Shipments of a process that ends at a request: nothing of it happens any more, and nothing is answered. */
function crashing(shipments: Shipments, crash: Crash, crashed: () => void): Shipments {
  let requests = 0;
  const through = async <Answer>(request: () => Promise<Answer>): Promise<Answer> => {
    if (++requests < crash.request) return request();
    if (requests === crash.request && crash.carriedOut) await request();
    crashed();
    return new Promise<never>(() => undefined);
  };
  return {
    insert: (items) => through(() => shipments.insert(items)),
    // A table isn't asked for nothing.
    read: (ids) => (ids.length === 0 ? shipments.read(ids) : through(() => shipments.read(ids))),
    cancel: (cancellation) => through(() => shipments.cancel(cancellation)),
    complete: (placement) => through(() => shipments.complete(placement)),
  };
}

type ShipmentsOver = (items: Map<string, Item>) => Shipments;

async function deliver(
  deliveries: readonly Delivery[],
  over: ShipmentsOver = inMemoryShipments,
  items: Map<string, Item> = new Map(),
) {
  const { ports, letters } = recordedConsumer();
  const consume = async (batch: readonly EncodedEvent[], shipments: Shipments) => {
    const handler = shippingHandler({ ...ports, shipments });
    expect(await handler(kafkaEventOf(batch), LAMBDA_CONTEXT)).toEqual({ batchItemFailures: [] });
  };
  for (const { batch, crash, again } of deliveries) {
    if (crash !== undefined) {
      const crashed = Promise.withResolvers<'crashed'>();
      const shipments = crashing(over(items), crash, () => crashed.resolve('crashed'));
      const ended = await Promise.race([consume(batch, shipments), crashed.promise]);
      if (ended !== 'crashed') continue;
    }
    const batches = again === 'whole' ? [batch] : batch.map((event) => [event]);
    for (const part of batches) await consume(part, over(items));
  }
  return { items: Object.fromEntries(items), letters };
}

const straight = (events: readonly EncodedEvent[]): Delivery[] =>
  events.map((event) => ({ batch: [event], crash: undefined, again: 'whole' }));

const ends = (over?: ShipmentsOver) =>
  fc.asyncProperty(deliveriesOf(events), async (deliveries) => {
    const { items, letters } = await deliver(deliveries, over);
    expect(items).toEqual((await deliver(straight(events))).items);
    expect(letters).toEqual([]);
  });

describe('shipping', () => {
  it('leaves a label for what was placed, and none for what was cancelled', async () => {
    const { items } = await deliver(straight(events));
    expect(items[shipped.orderId]?.status).toEqual({ S: 'LABEL_CREATED' });
    expect(items[withdrawn.orderId]?.status).toEqual({ S: 'CANCELLED' });
  });

  it('ends with the same shipments whatever the order, the repetition, the batches and the crashes', async () => {
    await fc.assert(ends(), { numRuns: 500 });
  });

  it('ends with the same shipments whatever comes after they were put on a manifest', async () => {
    const start = await deliver(straight([placedEvent(shipped), placedEvent(withdrawn)]));
    const onManifest = new Map(Object.entries(start.items));
    const orderIds = [shipped.orderId, withdrawn.orderId];
    await inMemoryManifestShipments(onManifest).assign(ManifestId.parse('2026-03-01-post'), orderIds);

    await fc.assert(
      fc.asyncProperty(deliveriesOf(events), async (deliveries) => {
        const { items, letters } = await deliver(deliveries, inMemoryShipments, new Map(onManifest));
        expect(items[shipped.orderId]).toEqual(onManifest.get(shipped.orderId));
        expect(items[withdrawn.orderId]).toEqual({
          ...onManifest.get(withdrawn.orderId),
          cancelledTooLateAt: { S: '2026-03-01T12:05:00.000Z' },
        });
        expect(letters).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  it('of an order that was placed in two ways, ships the one that arrives first and reports the other', async () => {
    const body = orderBody();
    const other = anOrder('withdrawn', {
      ...body,
      lines: body.lines.map((line) => ({ ...line, quantity: 7 })),
    });
    const contested = [placedEvent(withdrawn), placedEvent(other), cancelledEvent(withdrawn)];
    await fc.assert(
      fc.asyncProperty(deliveriesOf(contested), async (deliveries) => {
        const { items, letters } = await deliver(deliveries);
        const first = deliveries.flatMap(({ batch }) => batch).find((event) => event !== contested[2]);
        const alone = await deliver(straight([first ?? placedEvent(other), cancelledEvent(withdrawn)]));
        expect(items).toEqual(alone.items);
        expect(new Set(letters.map(({ reason }) => reason))).toEqual(new Set(['conflict']));
      }),
      { numRuns: 200 },
    );
  });

  it('would not without the condition on its insertion', async () => {
    const unconditional: ShipmentsOver = (items) => ({
      ...inMemoryShipments(items),
      insert: async (added) => {
        for (const item of added) items.set(item.orderId?.S ?? '', item);
        return new Map(added.map((item) => [item.orderId?.S ?? '', { kind: 'inserted' }]));
      },
    });
    const result = await fc.check(ends(unconditional), { numRuns: 500 });
    expect(result.failed).toBe(true);
  });

  it('would not if a cancellation that finds nothing left nothing', async () => {
    const forgetful: ShipmentsOver = (items) => {
      const shipments = inMemoryShipments(items);
      return {
        ...shipments,
        cancel: async (cancellation) =>
          items.has(cancellation.orderId) ? shipments.cancel(cancellation) : undefined,
      };
    };
    const result = await fc.check(ends(forgetful), { numRuns: 500 });
    expect(result.failed).toBe(true);
  });
});
