import { INVARIANTS } from '../support/invariants.ts';
import { secondMails } from './checker/mails.ts';
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
  /** Of a run with violations: where its logs are. */
  readonly dir: string | undefined;
}

export function reportOf({ plan, observation, violations, durationMs, dir }: SeedResult): SeedReport {
  const { reread, faults } = observation;
  return {
    seed: plan.seed,
    seconds: Math.round(durationMs / 1_000),
    orders: reread.orders.length,
    cancelled: reread.orders.filter(({ status }) => status === 'CANCELLED').length,
    records: reread.topic.length,
    letters: reread.letters.length,
    faults: counted(faults.map(({ kind }) => kind)),
    secondMails: counted(secondMails(reread.mails, observation).map(({ excuse = 'nothing' }) => excuse)),
    violations,
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

function counted(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((all, count) => all + count, 0);
}

function list(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ');
}
