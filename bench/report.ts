/** What was measured as tables: medians, lowest and highest over all rounds, and ratios that were made round by round. */
import { cpus, loadavg } from 'node:os';
import { table } from '../local/cli/terminal.ts';

/** A figure over several rounds. */
export interface Spread {
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
}

/** What a benchmark reports, as text and as JSON. */
export interface Report {
  readonly machine: ReturnType<typeof machine>;
  /** What each contender got, in a line. */
  readonly workload: string;
  readonly tables: readonly Table[];
}

export interface Table {
  readonly title: string;
  /** By figure, in the order in which they are shown. */
  readonly columns: Readonly<Record<string, { readonly heading: string; readonly decimals: number }>>;
  readonly rows: readonly Row[];
}

export interface Row {
  readonly name: string;
  /** A row without any was not measured. */
  readonly figures: Readonly<Record<string, Spread>>;
  /** These are ratios, of two decimals at least. */
  readonly ratio?: true;
}

/** One round's figures of one contender, by name. */
export type Sample = Readonly<Record<string, number>>;

/** Where a benchmark ran; the load average is that of the last minute. */
export function machine() {
  return { node: process.version, cores: cpus().length, loadAverage: loadavg()[0] ?? 0 };
}

/** A contender's figures over all rounds. */
export function row(name: string, samples: readonly Sample[]): Row {
  const figures = new Set(samples.flatMap((sample) => Object.keys(sample)));
  const spreads = [...figures].map((figure) => {
    const values = samples.flatMap((sample) => sample[figure] ?? []);
    return [figure, spread(values)] as const;
  });
  return { name, figures: Object.fromEntries(spreads) };
}

/** One contender's figures divided by another's, round by round, since a machine has slow moments. */
export function ratioRow(
  name: string,
  ours: readonly Sample[],
  theirs: readonly Sample[],
  figures: readonly string[],
): Row {
  const rounds = theirs.map((their, round) =>
    Object.fromEntries(
      figures.map((figure) => [figure, (ours[round]?.[figure] ?? NaN) / (their[figure] ?? NaN)]),
    ),
  );
  return { ...row(name, rounds), ratio: true };
}

/** Throws for no values at all. */
export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  return { median: percentile(sorted, 50), lowest: percentile(sorted, 0), highest: percentile(sorted, 100) };
}

/** Of values in ascending order; the nearest rank, so always one of them. */
export function percentile(sorted: readonly number[], percent: number): number {
  const value = sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)];
  if (value === undefined) throw new RangeError('a percentile of no values');
  return value;
}

/** The report as a person reads it. */
export function describe({ machine, workload, tables }: Report): string {
  const { node, cores, loadAverage } = machine;
  return [
    `Node ${node}, ${cores} cores, load average ${loadAverage.toFixed(2)} at the end\n${workload}`,
    ...tables.map(({ title, columns, rows }) =>
      table([
        [title, ...Object.values(columns).map(({ heading }) => heading)],
        ...rows.map((row) => [row.ratio ? `  ${row.name}` : row.name, ...cells(row, columns)]),
      ]),
    ),
  ].join('\n\n');
}

function cells({ figures, ratio }: Row, columns: Table['columns']): string[] {
  if (Object.keys(figures).length === 0) return ['not measured'];
  return Object.entries(columns).map(([figure, { decimals }]) => {
    const spread = figures[figure];
    return spread === undefined ? '' : range(spread, ratio ? Math.max(2, decimals) : decimals);
  });
}

/** The median, and the lowest and the highest in brackets unless they look the same. */
function range({ median, lowest, highest }: Spread, decimals: number): string {
  const [middle, low, high] = [median, lowest, highest].map((value) =>
    value.toLocaleString('en', { minimumFractionDigits: decimals, maximumFractionDigits: decimals }),
  );
  return low === high ? `${middle}` : `${middle} (${low}–${high})`;
}
