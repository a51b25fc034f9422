import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { workThrough } from '../work-through.ts';
import { type CustomerTables, eraseOrder, tracesOf } from './customer-tables.ts';
import { type Decision, decide, type OrderTraces } from './decide.ts';

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
