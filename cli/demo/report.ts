import { bold, duration, green, red, table } from '../../local/cli/terminal.ts';
import type { DemoResult } from './demo.ts';
import type { Phases } from './phases.ts';
import type { DemoPlan } from './plan.ts';
import { type Count, isExact, verdict } from './verdict.ts';

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
