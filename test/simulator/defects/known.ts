import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { WriteDeadLetter } from '../../../functions/dead-letters/letter.ts';
import { OrderlyError } from '../../../functions/errors.ts';
import type { KafkaHandler } from '../../../functions/kafka/consume.ts';
import type { EventPublisher } from '../../../functions/kafka/publisher.ts';
import type { Ledger, LedgerRow } from '../../../functions/ledger/ledger.ts';
import type { OrderStore } from '../../../functions/outbox/order-store.ts';
import type { Outbox } from '../../../functions/relay/outbox.ts';
import type { InvariantId } from '../../checker/check.ts';
import { type FaultKind, isFaultKind } from '../faults.ts';
import type { Scenario } from '../scenario.ts';
import {
  cancellingWhatIsThere,
  countingOneByOne,
  countingUnconditionally,
  overwriting,
  placingUnconditionally,
  refusingTooLate,
  writingOneByOne,
} from './commands.ts';

/** Parts in the wrong: what a world is wired with in place of the right ones, to see that it is noticed. */
export interface Defect {
  readonly dynamoDb?: (right: DynamoDBClient) => DynamoDBClient;
  readonly orderStore?: (right: OrderStore) => OrderStore;
  readonly outbox?: (right: Outbox) => Outbox;
  readonly publisher?: (right: EventPublisher, now: () => number) => EventPublisher;
  readonly ledger?: (right: Ledger) => Ledger;
  readonly deadLetters?: (right: WriteDeadLetter) => WriteDeadLetter;
  readonly consumer?: (right: KafkaHandler) => KafkaHandler;
  /** An invocation claims under the name of its process. */
  readonly oneOwner?: boolean;
  /** Nobody stops waiting for an answer. */
  readonly withoutDeadlines?: boolean;
  /** The relay is never run by its schedule. */
  readonly withoutSweep?: boolean;
  /** Shipping's function does what email's does, and before it. */
  readonly together?: boolean;
}

export interface KnownDefect {
  readonly name: string;
  /** The invariant that finds it out. */
  readonly breaks: InvariantId;
  readonly defect: Defect;
  /** What its worlds have in common, where most worlds are no place to see it. */
  readonly among?: Partial<Scenario>;
}

/** For every invariant a part in the wrong, which shows that the checker can see what it is there to see. */
export const KNOWN_DEFECTS: readonly KnownDefect[] = [
  {
    name: 'the checkout writes an order and its outbox row one after the other',
    breaks: 'I1',
    defect: writingOneByOne,
  },
  {
    name: 'the relay deletes what it reads before it publishes it',
    breaks: 'I2',
    defect: {
      outbox: (right) => ({
        async readFirstEvents(orderIds) {
          const read = await right.readFirstEvents(orderIds);
          if (read.rows.length > 0) await right.delete(read.rows.slice(0, 25));
          return read;
        },
        async readOrder(orderId) {
          const rows = await right.readOrder(orderId);
          if (rows.length > 0) await right.delete(rows);
          return rows;
        },
        delete: async () => undefined,
      }),
    },
  },
  {
    name: 'the relay takes every publication for a success',
    breaks: 'I2',
    defect: {
      publisher: (right) => ({
        partitionOf: right.partitionOf,
        publish: (topic, records) => right.publish(topic, records).catch(() => undefined),
      }),
    },
  },
  {
    name: 'nobody stops waiting for an answer',
    breaks: 'I14',
    defect: { withoutDeadlines: true },
    among: {
      rates: new Map<FaultKind, number>([
        ['dynamodb answer stalled', 0.1],
        ['mail answer stalled', 0.1],
      ]),
    },
  },
  {
    name: 'email marks its mails together, before it claims the next ones',
    breaks: 'I7',
    defect: {
      ledger(right) {
        let marks: ReadonlyMap<string, LedgerRow> = new Map();
        const write = async () => {
          const written = marks;
          marks = new Map();
          if (written.size > 0) await right.put(written);
        };
        return {
          ...right,
          async insert(rows, signal) {
            await write();
            return right.insert(rows, signal);
          },
          async put(rows) {
            marks = new Map([...marks, ...rows]);
            return new Map();
          },
        };
      },
    },
    among: {
      shoppers: 60,
      partitions: 1,
      batchSize: 100,
      duration: 2_000,
      rates: new Map<FaultKind, number>([['email killed', 0.4]]),
    },
  },
  { name: 'nobody sweeps the outbox', breaks: 'I2', defect: { withoutSweep: true } },
  {
    name: 'the checkout refuses another order under the same key when it is written',
    breaks: 'I3',
    defect: refusingTooLate,
  },
  {
    name: 'the checkout writes an order whether there is one or not',
    breaks: 'I4',
    defect: placingUnconditionally,
  },
  {
    name: 'the relay adds the time of publication',
    breaks: 'I5',
    defect: {
      publisher: (right, now) => ({
        partitionOf: right.partitionOf,
        publish: (topic, records) =>
          right.publish(
            topic,
            records.map(({ headers, ...record }) => ({
              ...record,
              headers: { ...headers, publishedat: String(now()) },
            })),
          ),
      }),
    },
  },
  {
    name: 'the relay publishes the newest event of an order first',
    breaks: 'I6',
    defect: {
      outbox: (right) => ({
        ...right,
        readOrder: async (orderId) => [...(await right.readOrder(orderId))].reverse(),
      }),
    },
  },
  {
    name: 'shipping writes a shipment whether there is one or not',
    breaks: 'I7',
    defect: overwriting('Shipments'),
  },
  { name: 'sales counts without a condition', breaks: 'I16', defect: countingUnconditionally },
  { name: 'sales writes its rows and its sums one by one', breaks: 'I16', defect: countingOneByOne },
  { name: 'email claims without a condition', breaks: 'I7', defect: overwriting('EmailLedger') },
  {
    name: 'email takes claims over without a fence',
    breaks: 'I7',
    defect: {
      ledger: (right) => ({
        ...right,
        async replace(changes) {
          await right.put(new Map([...changes].map(([key, { to }]) => [key, to])));
          return new Map([...changes.keys()].map((key) => [key, { kind: 'replaced' as const }]));
        },
      }),
    },
    among: {
      pollers: 2,
      rates: rates({ 'email killed': 0.4, 'group restarted': 0.5, 'dynamodb slow': 0.6 }),
    },
  },
  {
    name: 'email takes a claim of its own for one that nobody has acted on',
    breaks: 'I7',
    defect: { oneOwner: true },
    among: { rates: rates({ 'mail answer lost': 0.5, 'dynamodb request lost': 0.5 }) },
  },
  {
    name: 'shipping forgets a cancellation that comes before its placement',
    breaks: 'I8',
    defect: cancellingWhatIsThere,
    among: { retryAttempts: 2, deadly: [{ shopper: 1, group: 'shipping-service' }] },
  },
  {
    name: 'the letters of the consumers are dropped',
    breaks: 'I9',
    defect: { deadLetters: () => async () => {} },
  },
  {
    name: 'a consumer leaves what it cannot read to Lambda',
    breaks: 'I10',
    defect: {
      consumer: (right) => async (event, context) => {
        if (hasPoison(event)) throw new SyntaxError('a record is not JSON');
        return right(event, context);
      },
    },
  },
  {
    name: 'email does not mark what it has sent',
    breaks: 'I11',
    defect: { ledger: (right) => ({ ...right, put: async () => new Map() }) },
  },
  {
    name: 'a consumer takes everything for done',
    breaks: 'I12',
    defect: {
      consumer: (right) => async (event, context) => {
        await right(event, context);
        return { batchItemFailures: [] };
      },
    },
  },
  { name: 'one function makes labels and sends mails', breaks: 'I13', defect: { together: true } },
  {
    name: 'the relay leaves its rows in the outbox',
    breaks: 'I14',
    defect: { outbox: (right) => ({ ...right, delete: async () => undefined }) },
  },
  {
    name: 'an error of the checkout says whom it concerns',
    breaks: 'I15',
    defect: {
      orderStore: (right) => ({
        ...right,
        append: (change) =>
          right.append(change).catch((cause: unknown) => {
            throw new OrderlyError('NOT_PLACED', `the order of ${change.after.email} is not placed`, {
              cause,
            });
          }),
      }),
    },
  },
];

function rates(kinds: Partial<Record<FaultKind, number>>): Scenario['rates'] {
  return new Map(
    Object.entries(kinds).flatMap(([kind, rate]) => (isFaultKind(kind) ? [[kind, rate] as const] : [])),
  );
}

function hasPoison(event: unknown): boolean {
  return Object.values((event as { records: Record<string, { value?: string | null }[]> }).records)
    .flat()
    .some(({ value }) => {
      try {
        if (typeof value === 'string') JSON.parse(Buffer.from(value, 'base64').toString());
        return false;
      } catch {
        return true;
      }
    });
}
