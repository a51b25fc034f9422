import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import type { DeadLetter } from '../../../functions/dead-letters/letter.ts';
import { deadLetterStore } from '../../../functions/dead-letters/store.ts';
import { newClaim } from '../../../functions/ledger/act-once.ts';
import type { Claim, LedgerRow, Owner } from '../../../functions/ledger/ledger.ts';
import { dynamoDbLedger } from '../../../functions/ledger/ledger.ts';
import { ManifestId } from '../../../functions/manifest/files.ts';
import { dynamoDbManifestShipments } from '../../../functions/manifest/shipments.ts';
import { initialState } from '../../../functions/orders/decider.ts';
import type { Order } from '../../../functions/orders/order.ts';
import { dynamoDbOrderStore } from '../../../functions/outbox/order-store.ts';
import { probesTable } from '../../../functions/probe/probe.ts';
import { dynamoDbOutbox, outboxPages } from '../../../functions/relay/outbox.ts';
import { type Placement, placementOf } from '../../../functions/shipping/shipment.ts';
import { dynamoDbShipments, shipmentItem } from '../../../functions/shipping/shipments.ts';
import { anOrder, cancelled, cancelledEvent, orderPlaced, placedEvent } from '../../support/orders.ts';

export type Tables = Readonly<
  Record<'orders' | 'outbox' | 'shipments' | 'emailLedger' | 'deadLetters' | 'probes', string>
>;

export const AWAITING_INDEX = 'AwaitingManifest';

/** One thing that production does with its tables; few keys, so that everything meets everything. */
export type Step =
  | { readonly do: 'place' | 'cancel' | 'find' | 'read order'; readonly order: number }
  | { readonly do: 'read first events' | 'ship'; readonly orders: readonly number[] }
  | { readonly do: 'delete'; readonly rows: readonly { readonly order: number; readonly seq: number }[] }
  | { readonly do: 'sweep' }
  | { readonly do: 'claim' | 'read claims'; readonly keys: readonly number[]; readonly owner: number }
  | { readonly do: 'take over'; readonly keys: readonly number[]; readonly from: number; readonly to: number }
  | { readonly do: 'mark'; readonly keys: readonly number[] }
  | { readonly do: 'cancel shipment' | 'complete shipment'; readonly order: number }
  | { readonly do: 'write letter'; readonly offset: number }
  | { readonly do: 'await carrier' }
  | { readonly do: 'assign' | 'read manifest'; readonly manifest: number; readonly orders: readonly number[] }
  | { readonly do: 'attempt probe' | 'note probe'; readonly n: number };

const few = fc.nat(2);
const some = fc.uniqueArray(few, { minLength: 1, maxLength: 3 });

export const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    fc.record({
      do: fc.constantFrom(
        'place' as const,
        'place' as const,
        'cancel' as const,
        'find' as const,
        'read order' as const,
      ),
      order: few,
    }),
    fc.record({ do: fc.constantFrom('read first events' as const, 'ship' as const), orders: some }),
    fc.record({
      do: fc.constant('delete' as const),
      rows: fc.uniqueArray(fc.record({ order: few, seq: fc.integer({ min: 1, max: 2 }) }), {
        minLength: 1,
        maxLength: 4,
        selector: ({ order, seq }) => `${order}.${seq}`,
      }),
    }),
    fc.record({ do: fc.constant('sweep' as const) }),
    fc.record({
      do: fc.constantFrom('claim' as const, 'read claims' as const),
      keys: some,
      owner: few,
    }),
    fc.record({ do: fc.constant('take over' as const), keys: some, from: few, to: few }),
    fc.record({ do: fc.constant('mark' as const), keys: some }),
    fc.record({ do: fc.constantFrom('cancel shipment' as const, 'complete shipment' as const), order: few }),
    fc.record({ do: fc.constant('write letter' as const), offset: few }),
    fc.record({ do: fc.constant('await carrier' as const) }),
    fc.record({
      do: fc.constantFrom('assign' as const, 'read manifest' as const),
      manifest: few,
      orders: some,
    }),
    fc.record({ do: fc.constantFrom('attempt probe' as const, 'note probe' as const), n: few }),
  ),
  { minLength: 15, maxLength: 30, size: 'max' },
);

const NOW = Date.parse('2026-03-01T12:00:00.000Z');
const orderOf = (n: number): Order => anOrder(`twin-${n}`);
const orderIdOf = (n: number) => orderOf(n).orderId;
const manifestOf = (n: number) => ManifestId.parse(`2026-03-0${n + 1}-post`);
const keyOf = (n: number) => `group#event-${n}`;
const claimOf = (owner: number): Claim => newClaim(`owner-${owner}` as Owner, NOW + owner);

function rows(keys: readonly number[], row: LedgerRow): ReadonlyMap<string, LedgerRow> {
  return new Map(keys.map((key) => [keyOf(key), row]));
}

/** Production's adapters over a client; a step that is refused is refused. */
export function stepper(client: DynamoDBClient, tables: Tables): (step: Step) => Promise<unknown> {
  const store = dynamoDbOrderStore(client, tables, new AbortController().signal);
  const outbox = dynamoDbOutbox(client, tables.outbox);
  const ledger = dynamoDbLedger(client, tables.emailLedger, () => NOW);
  const shipments = dynamoDbShipments(client, tables.shipments);
  const manifests = dynamoDbManifestShipments(client, { table: tables.shipments, index: AWAITING_INDEX });
  const probes = probesTable(client, tables.probes, () => new Date(NOW));
  const writeLetter = deadLetterStore(client, tables.deadLetters);

  async function run(step: Step): Promise<unknown> {
    switch (step.do) {
      case 'place': {
        const order = orderOf(step.order);
        return store.append({ before: initialState, after: order, events: [placedEvent(order)] });
      }
      case 'cancel': {
        const order = orderOf(step.order);
        return store.append({ before: order, after: cancelled(order), events: [cancelledEvent(order)] });
      }
      case 'find':
        return store.find(orderIdOf(step.order));
      case 'read order':
        return outbox.readOrder(orderIdOf(step.order));
      case 'read first events':
        return outbox.readFirstEvents(step.orders.map(orderIdOf));
      case 'delete':
        return outbox.delete(step.rows.map(({ order, seq }) => ({ orderId: orderIdOf(order), seq })));
      case 'sweep':
        for await (const _page of outboxPages(client, tables.outbox));
        return undefined;
      case 'claim':
        return ledger.insert(rows(step.keys, claimOf(step.owner)));
      case 'read claims':
        return ledger.read(step.keys.map(keyOf));
      case 'take over':
        return ledger.replace(
          new Map(step.keys.map((key) => [keyOf(key), { from: claimOf(step.from), to: claimOf(step.to) }])),
        );
      case 'mark':
        return ledger.put(rows(step.keys, { status: 'SENT' }));
      case 'ship':
        return [
          await shipments.insert(step.orders.map((order) => shipmentItem(placement(order), undefined))),
          await shipments.read(step.orders.map(orderIdOf)),
        ];
      case 'cancel shipment':
        return shipments.cancel({
          orderId: orderIdOf(step.order),
          cancelledAt: new Date(NOW).toISOString(),
        });
      case 'complete shipment':
        return shipments.complete(placement(step.order));
      case 'write letter':
        return writeLetter(letterAt(step.offset), new Date(NOW));
      case 'await carrier':
        return manifests.awaiting('post', '2027');
      case 'assign':
        return manifests.assign(manifestOf(step.manifest), step.orders.map(orderIdOf));
      case 'read manifest':
        return manifests.onManifest(manifestOf(step.manifest), step.orders.map(orderIdOf));
      case 'attempt probe':
        return probes.attempt({ run: 'run', case: 'case', n: step.n });
      case 'note probe':
        return probes.note({
          run: 'run',
          case: 'case',
          at: 'at',
          requestId: String(step.n),
          fields: [],
          records: [],
        });
    }
  }
  return (step) => run(step).catch(() => undefined);
}

function placement(n: number): Placement {
  return placementOf(orderPlaced(orderOf(n)).data);
}

function letterAt(offset: number): DeadLetter {
  return {
    consumer: 'email-service',
    record: {
      topicPartition: 'orders-0',
      topic: 'orders',
      partition: 0,
      offset,
      timestamp: NOW,
      key: null,
      value: Uint8Array.of(0x1f, 0x8b, 0),
      headers: [['ce_id', Uint8Array.of()]],
    },
    reason: 'unparseable',
    error: { code: 'RECORD_REJECTED', detail: 'the value is not a JSON object in UTF-8' },
  };
}
