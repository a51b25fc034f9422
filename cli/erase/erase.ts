/** Erases the orders of a customer that nothing can bring back, and says why the others wait. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { workThrough } from '../work-through.ts';
import { type CustomerTables, eraseOrder, type OrderTraces, tracesOf } from './customer-tables.ts';

/** Whether an order can be erased, or why it can't yet. */
export type Decision =
  | { readonly kind: 'erase' }
  | { readonly kind: 'wait'; readonly why: 'unpublished' | 'no manifest yet' | 'being replayed' }
  /** `until` in epoch milliseconds. */
  | { readonly kind: 'wait'; readonly why: 'on the topic'; readonly until: number };

const DAY_MS = 86_400_000;

/**
 * How long the topic may hold a record. Kafka deletes whole segments, 7 days (`retention.ms`) after their newest record,
 * and a segment is open for 7 days (Kafka's `segment.ms`); a day more is for clocks and for Kafka to come to it.
 */
export const ON_TOPIC_MS = 15 * DAY_MS;

/**
 * Erases what nothing can bring back. What is still on its way would, once the order's shipment is gone, be taken for new:
 *
 *     outbox ──relay──> topic ──(deliveries, rewinds: for ON_TOPIC_MS)──> shipment ──> manifest
 *        └ unpublished     └ on the topic                                     └ no manifest yet
 *                            dead letter ──replay──> shipment
 *                                └ being replayed
 */
export function decide({ lastEventAt, unpublished, shipment, letters }: OrderTraces, now: number): Decision {
  if (unpublished > 0) return { kind: 'wait', why: 'unpublished' };
  const until = lastEventAt + ON_TOPIC_MS;
  if (now < until) return { kind: 'wait', why: 'on the topic', until };
  if (shipment === 'awaits a manifest') return { kind: 'wait', why: 'no manifest yet' };
  const isReplayed = letters.some(({ isReplaying }) => isReplaying);
  return isReplayed ? { kind: 'wait', why: 'being replayed' } : { kind: 'erase' };
}

/** What becomes of one order. */
export interface OrderVerdict {
  readonly order: OrderTraces;
  readonly decision: Decision;
  /** Whether this run has erased it. */
  readonly isErased: boolean;
}

export interface EraseOptions {
  readonly execute: boolean;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** Orders that are deleted at once. */
const IN_FLIGHT = 5;

/** Looks at each order of a customer, and with `execute` erases those that can be. A run that was ended is run again. */
export async function eraseCustomer(
  client: DynamoDBClient,
  tables: CustomerTables,
  customerId: string,
  { execute, now }: EraseOptions,
  signal: AbortSignal,
): Promise<readonly OrderVerdict[]> {
  const traces = await tracesOf(client, tables, customerId);
  const decided = traces.map((order) => ({ order, decision: decide(order, now) }));
  const erased = new Set<OrderTraces>();
  const erasable = decided.filter(({ decision }) => execute && decision.kind === 'erase');
  await workThrough(erasable, IN_FLIGHT, signal, async ({ order }) => {
    if (await eraseOrder(client, tables, order)) erased.add(order);
  });
  return decided.map((each) => ({ ...each, isErased: erased.has(each.order) }));
}
