import { INVARIANTS } from '../checker/check.ts';
import { secondMails } from '../checker/mails.ts';
import type { SeedResult } from './run-seed.ts';

/** What came of a seed, as data: what `--json` prints. */
export interface SeedReport {
  readonly seed: number;
  readonly seconds: number;
  /** As placed, and how many of them were cancelled. */
  readonly orders: number;
  readonly cancelled: number;
  readonly records: number;
  readonly letters: number;
  /** How often each kind of fault struck. */
  readonly faults: Readonly<Record<string, number>>;
  /** Mails that were sent though one had been, by what explains them. */
  readonly secondMails: Readonly<Record<string, number>>;
  readonly violations: SeedResult['violations'];
  /** Promises that the simulator alone can judge. */
  readonly unjudged: SeedResult['unjudged'];
  /** Of a run with violations: where its logs are. */
  readonly dir: string | undefined;
}

export function reportOf(result: SeedResult): SeedReport {
  const { plan, observation, faults, violations, unjudged, durationMs, dir } = result;
  const { reread } = observation;
  return {
    seed: plan.seed,
    seconds: Math.round(durationMs / 1_000),
    orders: reread.orders.length,
    cancelled: reread.orders.filter(({ status }) => status === 'CANCELLED').length,
    records: reread.topic.length,
    letters: reread.letters.length,
    faults: Object.fromEntries(faults),
    secondMails: Object.fromEntries(
      countedBy(secondMails(reread.mails, observation), ({ excuse = 'nothing' }) => excuse),
    ),
    violations,
    unjudged,
    dir: violations.length === 0 ? undefined : dir,
  };
}

/** The report as a person reads it: a line, and what is wrong. */
export function describeReport(report: SeedReport): string {
  const { seed, seconds, orders, cancelled, records, letters, violations, dir } = report;
  const again = sum(report.secondMails);
  const what = [
    `${orders} orders (${cancelled} cancelled)`,
    `${records} records`,
    `${sum(report.faults)} faults`,
    `${letters} dead letters`,
    ...(again > 0 ? [`${again} second mails (${list(report.secondMails)})`] : []),
  ];
  const line = `seed ${seed}: ${violations.length === 0 ? 'ok' : 'FAILED'} in ${seconds} s: ${what.join(', ')}`;
  if (violations.length === 0) return line;
  return [
    line,
    ...violations.map(({ id, text }) => `  ${id} (${INVARIANTS[id]}): ${text}`),
    `  faults: ${list(report.faults)}`,
    `  its logs: ${dir}`,
    `  again: npm run test:faults -- --seed ${seed}`,
  ].join('\n');
}

/** How many there are of each name. */
export function countedBy<T>(all: readonly T[], nameOf: (one: T) => string): ReadonlyMap<string, number> {
  return new Map([...Map.groupBy(all, nameOf)].map(([name, its]) => [name, its.length]));
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((all, count) => all + count, 0);
}

function list(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ');
}
