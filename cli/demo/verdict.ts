/** What the demo has to come to: what it saw from outside, every count beside what was promised, and the report. */
import { bold, duration, green, red, table } from '../../local/cli/terminal.ts';
import { sampleOrder, totalOf } from '../order/sample-orders.ts';
import { type DemoPlan, type DemoResult, repeatedRequests } from './demo.ts';
import type { Phases } from './stage.ts';

/** What either part of the demo saw from outside, after everything was quiet. */
export interface Seen {
  /** Answers 201 of `POST /orders`. */
  readonly created: number;
  /** Status by order id. */
  readonly orders: ReadonlyMap<string, string>;
  readonly outboxRows: number;
  readonly topic: TopicObservation;
  readonly mails: MailObservation;
  /** Status by order id. */
  readonly shipments: ReadonlyMap<string, string>;
  readonly sales: SalesObservation;
}

/** Sums over all days and currencies; amounts in minor units, whatever of. */
export interface SalesObservation {
  readonly orders: number;
  readonly cancellations: number;
  readonly revenue: number;
  readonly cancelled: number;
}

/** What the first part saw. */
export interface Observation extends Seen {
  /** Answers 200 of `POST /orders`. */
  readonly replayed: number;
  readonly killedEnvironments: number;
  readonly deadLetters: number;
}

export interface TopicObservation {
  /** Records by partition. */
  readonly records: readonly number[];
  /** Distinct event ids by order id, in the order of their first appearance. */
  readonly events: ReadonlyMap<string, readonly string[]>;
  /** Events whose first appearance is not behind that of the order's earlier ones. */
  readonly outOfOrder: number;
  /** Orders whose events lie on more than one partition. */
  readonly scattered: number;
  /** Copies of an event that differ from its first one in any byte. */
  readonly differingCopies: number;
}

export interface MailObservation {
  /** Mails by order id. */
  readonly thankYou: ReadonlyMap<string, number>;
  readonly cancellation: ReadonlyMap<string, number>;
  /** Mails that are neither. */
  readonly unknown: number;
}

/** One line of the proof: exact, or the demo has failed. */
export interface Count {
  readonly what: string;
  readonly expected: number;
  readonly counted: number;
}

/** Every count that the plan promises, beside what was seen. */
export function verdict(plan: DemoPlan, seen: Observation): readonly Count[] {
  const cancelled = plan.cancelled.length;
  const events = plan.orders + cancelled;
  const { topic, mails } = seen;
  const distinctEvents = sum([...topic.events.values()].map((ids) => ids.length));
  return [
    { what: 'orders answered 201 Created', expected: plan.orders, counted: seen.created },
    { what: 'repeated requests answered 200', expected: repeatedRequests(plan), counted: seen.replayed },
    { what: 'orders in the table', expected: plan.orders, counted: seen.orders.size },
    { what: '  of them cancelled', expected: cancelled, counted: withStatus(seen.orders, 'CANCELLED') },
    { what: 'outbox rows left behind', expected: 0, counted: seen.outboxRows },
    { what: 'events on the topic', expected: events, counted: distinctEvents },
    {
      what: '  records, second copies included',
      expected: events + plan.copies,
      counted: sum(topic.records),
    },
    { what: '  out of order within their order', expected: 0, counted: topic.outOfOrder },
    { what: '  orders on two partitions', expected: 0, counted: topic.scattered },
    { what: '  copies that differ in a byte', expected: 0, counted: topic.differingCopies },
    { what: 'thank-you mails', expected: plan.orders, counted: sum(mails.thankYou.values()) },
    { what: 'cancellation mails', expected: cancelled, counted: sum(mails.cancellation.values()) },
    { what: '  other mails', expected: 0, counted: mails.unknown },
    { what: 'shipments', expected: plan.orders, counted: seen.shipments.size },
    { what: '  of them cancelled', expected: cancelled, counted: withStatus(seen.shipments, 'CANCELLED') },
    ...salesCounts(seen.sales, plan),
    { what: 'lost: orders without mail or shipment', expected: 0, counted: lost(seen) },
    { what: 'duplicates: effects more than once', expected: 0, counted: duplicates(seen) },
    { what: 'contradictions: order against shipment', expected: 0, counted: contradictions(seen) },
    { what: 'dead letters', expected: 0, counted: seen.deadLetters },
    { what: 'shipping environments killed', expected: 1, counted: seen.killedEnvironments },
  ];
}

/** What sales has to come to, by the sample orders that were placed, and those of them that were cancelled. */
export function salesCounts(
  counted: SalesObservation,
  {
    orders,
    customers,
    cancelled = [],
  }: { readonly orders: number; readonly customers: number; readonly cancelled?: readonly number[] },
): readonly Count[] {
  const total = (n: number) => totalOf(sampleOrder(n, customers));
  return [
    { what: 'orders in the sales', expected: orders, counted: counted.orders },
    { what: '  cancelled', expected: cancelled.length, counted: counted.cancellations },
    {
      what: '  revenue, in minor units',
      expected: sum(Array.from({ length: orders }, (_, n) => total(n))),
      counted: counted.revenue,
    },
    { what: '  of it cancelled', expected: sum(cancelled.map(total)), counted: counted.cancelled },
  ];
}

/** Whether every count is what it has to be. */
export function isExact(counts: readonly Count[]): boolean {
  return counts.every(({ expected, counted }) => expected === counted);
}

type Effects = Pick<Seen, 'orders' | 'mails' | 'shipments'>;

/** Orders that lack their thank-you mail or shipment, and cancelled ones that lack their second mail. */
export function lost({ orders, mails, shipments }: Effects): number {
  let missing = 0;
  for (const [orderId, status] of orders) {
    const told = status !== 'CANCELLED' || mails.cancellation.has(orderId);
    if (!mails.thankYou.has(orderId) || !shipments.has(orderId) || !told) missing++;
  }
  return missing;
}

/** Mails beyond the first of their kind; a shipment is a row and can't exist twice. */
export function duplicates({ mails }: Pick<Effects, 'mails'>): number {
  return sum([...mails.thankYou.values(), ...mails.cancellation.values()].map((count) => count - 1));
}

/**
 * Shipments that ship a cancelled order, hold back a placed one, or belong to no order; mails to no order. A shipment that
 * has recorded that the cancellation came too late, since its manifest was out, says what its order says.
 */
export function contradictions({ orders, shipments, mails }: Effects): number {
  let wrong = 0;
  for (const [orderId, status] of shipments) {
    const cancelled = status === 'CANCELLED' || status === 'CANCELLED_TOO_LATE';
    if ((orders.get(orderId) === 'CANCELLED') !== cancelled || !orders.has(orderId)) wrong++;
  }
  for (const orderId of mails.thankYou.keys()) if (!orders.has(orderId)) wrong++;
  for (const orderId of mails.cancellation.keys()) if (orders.get(orderId) !== 'CANCELLED') wrong++;
  return wrong;
}

function withStatus(statuses: ReadonlyMap<string, string>, wanted: string): number {
  return [...statuses.values()].filter((status) => status === wanted).length;
}

/** The sum of numbers; 0 for none. */
export function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}

/** What the demo found, as data: what `--json` prints. */
export interface DemoReport {
  readonly exact: boolean;
  readonly orders: number;
  readonly counts: readonly Count[];
  /** Records by partition. */
  readonly partitions: readonly number[];
  /** Milliseconds from HTTP answer to shipment. */
  readonly latency: { readonly p50: number; readonly p95: number; readonly orders: number };
  readonly phases: Phases;
}

/** Judges a result against its plan. */
export function reportOf(plan: DemoPlan, result: DemoResult): DemoReport {
  const counts = verdict(plan, result.seen);
  const sorted = result.latencies.toSorted((a, b) => a - b);
  return {
    exact: isExact(counts),
    orders: plan.orders,
    counts,
    partitions: result.seen.topic.records,
    latency: { p50: percentile(sorted, 0.5), p95: percentile(sorted, 0.95), orders: sorted.length },
    phases: result.phases,
  };
}

/** The report as a person reads it. */
export function describeReport(report: DemoReport): string {
  const { latency } = report;
  return describeCounts(report, [
    `  records per partition  ${report.partitions.join(' · ')}`,
    `  answer to shipment     p50 ${duration(latency.p50)} · p95 ${duration(latency.p95)} (${latency.orders} orders timed)`,
  ]);
}

/** Counts, what else there is to say, phases, and the verdict in one line. */
export function describeCounts(
  { counts, phases, exact }: Pick<DemoReport, 'counts' | 'phases' | 'exact'>,
  lines: readonly string[] = [],
): string {
  const rows = counts.map(({ what, expected, counted }) => [
    what,
    expected,
    counted,
    expected === counted ? green('✓') : red('✗ not exact'),
  ]);
  const width = Math.max(...phases.map(([phase]) => phase.length));
  return [
    table([['', 'expected', 'counted', ''], ...rows]),
    '',
    ...lines,
    ...phases.map(([phase, milliseconds]) => `  ${phase.padEnd(width)}  ${duration(milliseconds)}`),
    '',
    exact ? bold(green('Every count is exact.')) : bold(red('Not exact: see the lines marked ✗.')),
  ].join('\n');
}

function percentile(sorted: readonly number[], fraction: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * fraction) - 1)] ?? Number.NaN;
}
