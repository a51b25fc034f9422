import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Item, putItems } from '../../../../functions/dynamodb.ts';
import { ManifestId } from '../../../../functions/manifest/files.ts';
import { dynamoDbManifestShipments } from '../../../../functions/manifest/shipments.ts';
import type { EncodedEvent } from '../../../../functions/orders/wire.ts';
import { dynamoDbShipments, SHIPMENT_KEY, type Shipments } from '../../../../functions/shipping/shipments.ts';
import { shippingHandler } from '../../../../functions/shipping/shipping.ts';
import { clientWith, simulatedDynamoDb } from '../../../simulator/dynamodb/client.ts';
import { consumer, recordedConsumer } from '../../../support/consumer.ts';
import { anOrder, cancelledEvent, orderBody, placedEvent } from '../../../support/orders.ts';

const TABLE = 'Shipments';

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

/** The client of a process that ends at a request: nothing of it happens any more, and nothing is answered. */
function crashing(client: DynamoDBClient, crash: Crash, crashed: () => void): DynamoDBClient {
  let requests = 0;
  return clientWith(async (command) => {
    const send = () => client.send(command as Parameters<typeof client.send>[0]);
    if (++requests < crash.request) return send();
    if (requests === crash.request && crash.carriedOut) await send();
    crashed();
    return new Promise<never>(() => undefined);
  });
}

/** The shipments over a client, or ones that break a rule. */
type ShipmentsOver = (client: DynamoDBClient) => Shipments;

const rightShipments: ShipmentsOver = (client) => dynamoDbShipments(client, TABLE);

async function deliver(
  deliveries: readonly Delivery[],
  {
    over = rightShipments,
    items: start = {},
  }: { over?: ShipmentsOver | undefined; items?: Readonly<Record<string, Item>> } = {},
) {
  const { client, tables } = simulatedDynamoDb({ tables: { Shipments: { hash: SHIPMENT_KEY } } });
  for (const item of Object.values(start)) tables.Shipments.write(item, item);
  const { ports, letters } = recordedConsumer();
  const consume = async (batch: readonly EncodedEvent[], from: DynamoDBClient) => {
    const { deliver: handle } = consumer(() => shippingHandler({ ...ports, shipments: over(from) }));
    expect(await handle(...batch)).toEqual([]);
  };
  for (const { batch, crash, again } of deliveries) {
    if (crash !== undefined) {
      const crashed = Promise.withResolvers<'crashed'>();
      const dying = crashing(client, crash, () => crashed.resolve('crashed'));
      const ended = await Promise.race([consume(batch, dying), crashed.promise]);
      if (ended !== 'crashed') continue;
    }
    const batches = again === 'whole' ? [batch] : batch.map((event) => [event]);
    for (const part of batches) await consume(part, client);
  }
  return { client, items: () => Object.fromEntries(tables.Shipments.items), letters };
}

const straight = (events: readonly EncodedEvent[]): Delivery[] =>
  events.map((event) => ({ batch: [event], crash: undefined, again: 'whole' }));

const ends = (over?: ShipmentsOver) =>
  fc.asyncProperty(deliveriesOf(events), async (deliveries) => {
    const { items, letters } = await deliver(deliveries, { over });
    expect(items()).toEqual((await deliver(straight(events))).items());
    expect(letters).toEqual([]);
  });

describe('shipping', () => {
  it('leaves a label for what was placed, and none for what was cancelled', async () => {
    const items = (await deliver(straight(events))).items();
    expect(items[shipped.orderId]?.status).toEqual({ S: 'LABEL_CREATED' });
    expect(items[withdrawn.orderId]?.status).toEqual({ S: 'CANCELLED' });
  });

  it('ends with the same shipments whatever the order, the repetition, the batches and the crashes', async () => {
    await fc.assert(ends(), { numRuns: 500 });
  });

  it('ends with the same shipments whatever comes after they were put on a manifest', async () => {
    const placed = await deliver(straight([placedEvent(shipped), placedEvent(withdrawn)]));
    const manifests = dynamoDbManifestShipments(placed.client, { table: TABLE, index: 'unused' });
    await manifests.assign(ManifestId.parse('2026-03-01-post'), [shipped.orderId, withdrawn.orderId]);
    const onManifest = placed.items();

    await fc.assert(
      fc.asyncProperty(deliveriesOf(events), async (deliveries) => {
        const { items, letters } = await deliver(deliveries, { items: onManifest });
        expect(items()).toEqual({
          ...onManifest,
          [withdrawn.orderId]: {
            ...onManifest[withdrawn.orderId],
            cancelledTooLateAt: { S: '2026-03-01T12:05:00.000Z' },
          },
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
        expect(items()).toEqual(alone.items());
        expect(new Set(letters.map(({ reason }) => reason))).toEqual(new Set(['conflict']));
      }),
      { numRuns: 200 },
    );
  });

  it.each<[string, ShipmentsOver]>([
    [
      'without the condition on its insertion',
      (client) => ({
        ...rightShipments(client),
        insert: async (added) => {
          await putItems({ client, name: TABLE, key: SHIPMENT_KEY }, added);
          return new Map(added.map((item) => [item.orderId?.S ?? '', { kind: 'inserted' }]));
        },
      }),
    ],
    [
      'if a cancellation that finds nothing left nothing',
      (client) => ({
        ...rightShipments(client),
        cancel: async (cancellation) => {
          const found = await rightShipments(client).read([cancellation.orderId]);
          if (found.get(cancellation.orderId)?.kind !== 'found') return undefined;
          return rightShipments(client).cancel(cancellation);
        },
      }),
    ],
  ])('would not %s', async (_name, broken) => {
    const result = await fc.check(ends(broken), { numRuns: 500 });
    expect(result.failed).toBe(true);
  });
});
