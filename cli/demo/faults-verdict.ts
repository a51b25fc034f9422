/** What the demo's second part has to come to: the poison, what was seen from outside, every count beside its promise. */
import { gzipSync } from 'node:zlib';
import type { KafkaMessage, Message } from 'kafkajs';
import type { FaultsPlan } from './faults.ts';
import { type Count, contradictions, duplicates, lost, type Seen, salesCounts, sum } from './verdict.ts';

/** A record that no consumer can use, made of one that all can; `n` gives it an identity of its own. */
type Spoiler = (record: KafkaMessage, n: number) => Message;

/** By the reason that its dead letters have to give. */
const SPOILERS: readonly (readonly [reason: string, Spoiler])[] = [
  ['unparseable', (record, n) => ({ ...renamed(record, n), value: Buffer.from('{"orderId": ') })],
  ['unparseable', (record, n) => ({ ...renamed(record, n), value: gzipSync(record.value ?? '') })],
  ['unparseable', (record, n) => ({ ...renamed(record, n), value: Buffer.from('[]') })],
  ['invalid', (record, n) => ({ ...renamed(record, n), value: Buffer.from('{"schemaVersion":"1.0"}') })],
  // Its headers say another order than its value.
  ['invalid', (record, n) => renamed(record, n)],
];

/** One spoiler for each record to write. */
export const poison: readonly ((record: KafkaMessage) => Message)[] = SPOILERS.map(
  ([, spoil], n) =>
    (record: KafkaMessage) =>
      spoil(record, n),
);

/** How many dead letters with that reason each consumer group has to have. */
export function poisoned(reason: 'unparseable' | 'invalid'): number {
  return SPOILERS.filter(([each]) => each === reason).length;
}

/** The record of an order that nobody placed. */
function renamed({ value, headers }: KafkaMessage, n: number): Message {
  const orderId = `ord_${String(n).padStart(26, '0')}`;
  return { key: orderId, value, headers: { ...headers, ce_id: `${orderId}.1`, ce_subject: orderId } };
}

/** What the demo's second part saw from outside. */
export interface FaultsObservation extends Seen {
  /** Dead letters by `<consumer> <reason> <status>`. */
  readonly letters: ReadonlyMap<string, number>;
  /** Invocations of shipping that brought the crashing record alone. */
  readonly crashed: number;
  /** Invocations that Lambda allows a record of shipping. */
  readonly allowed: number;
  readonly outage: {
    /** Shipments of the outage's orders, and mails of all, that came while the provider was down. */
    readonly shipped: number;
    readonly mailed: number;
    /** Whether an invocation of email ended, and its records came again, before the provider was back. */
    readonly outlastedAnInvocation: boolean;
  };
  /** How many letters the replay says it has replayed. */
  readonly replayed: number;
  readonly dark: {
    /** The same of the dark hour's orders. */
    readonly shipped: number;
    readonly mailed: number;
    /** Records that waited for email-service at the end of it. */
    readonly lag: number;
    /** Records delivered to email-service after it. */
    readonly delivered: number;
  };
}

/** The groups that read orders, and so meet the poison. */
const CONSUMERS = ['email-service', 'shipping-service', 'sales-service'] as const;

/** Every count that the plan promises, beside what was seen. */
export function faultsVerdict(plan: FaultsPlan, seen: FaultsObservation): readonly Count[] {
  const orders = plan.slow + plan.down + plan.dark;
  const { mails, outage, dark } = seen;
  const letters = (consumer: string, reason: string, status: string) =>
    seen.letters.get(`${consumer} ${reason} ${status}`) ?? 0;
  const ofEach = (reason: 'unparseable' | 'invalid') =>
    CONSUMERS.map((consumer) => ({
      what: `  of ${consumer}, ${reason}`,
      expected: poisoned(reason),
      counted: letters(consumer, reason, 'OPEN'),
    }));
  return [
    { what: 'orders answered 201 Created', expected: orders, counted: seen.created },
    { what: 'orders in the table', expected: orders, counted: seen.orders.size },
    { what: 'outbox rows left behind', expected: 0, counted: seen.outboxRows },
    {
      what: 'events on the topic, poison included',
      expected: orders + plan.poison,
      counted: sum([...seen.topic.events.values()].map((ids) => ids.length)),
    },
    { what: 'mail provider down: orders shipped', expected: plan.down - 1, counted: outage.shipped },
    { what: '  mails sent', expected: 0, counted: outage.mailed },
    { what: '  for longer than one invocation', expected: 1, counted: Number(outage.outlastedAnInvocation) },
    { what: 'crash loop: invocations of the record alone', expected: seen.allowed, counted: seen.crashed },
    {
      what: '  its dead letter, replayed to shipping alone',
      expected: 1,
      counted: letters('shipping-service', 'retries-exhausted', 'REPLAYED'),
    },
    { what: '  letters that the replay counted', expected: 1, counted: seen.replayed },
    { what: 'email-service dark: orders shipped', expected: plan.dark, counted: dark.shipped },
    { what: '  mails sent', expected: 0, counted: dark.mailed },
    { what: '  records that waited', expected: plan.dark, counted: dark.lag },
    { what: '  records delivered afterwards', expected: plan.dark, counted: dark.delivered },
    {
      what: 'dead letters',
      expected: CONSUMERS.length * plan.poison + 1,
      counted: sum(seen.letters.values()),
    },
    ...ofEach('unparseable'),
    ...ofEach('invalid'),
    { what: 'thank-you mails', expected: orders, counted: sum(mails.thankYou.values()) },
    { what: '  other mails', expected: 0, counted: sum(mails.cancellation.values()) + mails.unknown },
    { what: 'shipments', expected: orders, counted: seen.shipments.size },
    ...salesCounts(seen.sales, { orders, customers: plan.customers }),
    { what: 'lost: orders without mail or shipment', expected: 0, counted: lost(seen) },
    { what: 'duplicates: effects more than once', expected: 0, counted: duplicates(seen) },
    { what: 'contradictions: order against shipment', expected: 0, counted: contradictions(seen) },
  ];
}
