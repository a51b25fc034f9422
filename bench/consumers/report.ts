import { table } from '../../local/cli/terminal.ts';
import { range, thousands, three, two } from '../format.ts';
import { describeMachine, type Machine, machine } from '../machine.ts';
import { type Spread, spread } from '../statistics.ts';
import {
  BATCH_SIZE,
  type ConsumerName,
  type ConsumerResult,
  type Delivery,
  type Job,
  RECORDS,
} from './contract.ts';
import type { ConsumerFigures, JobFigures } from './measure.ts';

/** Everything that was measured. */
export interface ConsumersReport {
  readonly machine: Machine;
  /** Records in one event. */
  readonly batchSize: number;
  /** What each contender gets in a round. */
  readonly records: typeof RECORDS;
  readonly sections: readonly Section[];
}

/** One delivery of a job's records, to each contender. */
interface Section extends SectionFigures {
  readonly engine: string;
  readonly job: Job;
  readonly delivery: keyof ConsumerResult;
}

export interface SectionFigures {
  readonly contenders: readonly { readonly name: ConsumerName; readonly figures: Figures }[];
  readonly comparisons: readonly Comparison[];
}

type Figures = Readonly<Record<keyof Delivery, Spread>>;

/** Ours divided by theirs, round by round. */
interface Comparison {
  readonly rival: ConsumerName;
  readonly recordsPerSecond: Spread;
  readonly cpuMsPerRecord: Spread;
}

export function reportOf(figures: ConsumerFigures): ConsumersReport {
  const sections = [...figures].flatMap(([engine, jobs]) =>
    [...jobs].flatMap(([job, results]) =>
      (['fresh', 'again'] as const).map((delivery) => ({
        engine,
        job,
        delivery,
        ...sectionOf(results, delivery),
      })),
    ),
  );
  return { machine: machine(), batchSize: BATCH_SIZE, records: RECORDS, sections };
}

/** Compares with the faster one of Powertools' two, and with who else does the job. */
export function sectionOf(results: JobFigures, delivery: keyof ConsumerResult): SectionFigures {
  const rounds = [...results].map(([name, all]) => ({ name, rounds: all.map((result) => result[delivery]) }));
  const contenders = rounds.map(({ name, rounds }) => ({ name, figures: figuresOf(rounds) }));

  const ours = rounds.find(({ name }) => name === 'orderly')?.rounds ?? [];
  const slowerOne = contenders
    .filter(({ name }) => name.startsWith('Powertools'))
    .toSorted((a, b) => rate(b.figures) - rate(a.figures))
    .at(1)?.name;
  const rivals = rounds.filter(({ name }) => name !== 'orderly' && name !== slowerOne);
  return { contenders, comparisons: rivals.map(({ name, rounds }) => comparisonOf(name, ours, rounds)) };
}

const rate = (figures: Figures) => figures.recordsPerSecond.median;

function figuresOf(rounds: readonly Delivery[]): Figures {
  const of = (figure: keyof Delivery) => spread(rounds.map((round) => round[figure]));
  return {
    recordsPerSecond: of('recordsPerSecond'),
    requestsPerRecord: of('requestsPerRecord'),
    cpuMsPerRecord: of('cpuMsPerRecord'),
  };
}

function comparisonOf(
  rival: ConsumerName,
  ours: readonly Delivery[],
  theirs: readonly Delivery[],
): Comparison {
  const of = (figure: keyof Delivery) =>
    spread(ours.map((round, n) => round[figure] / (theirs[n]?.[figure] ?? Number.NaN)));
  return { rival, recordsPerSecond: of('recordsPerSecond'), cpuMsPerRecord: of('cpuMsPerRecord') };
}

/** The report as plain text: a table for each engine and delivery. */
export function describeConsumers({ machine, batchSize, records, sections }: ConsumersReport): string {
  const tables = Map.groupBy(sections, ({ engine, delivery }) =>
    delivery === 'fresh' ? `${engine}, new records` : `${engine}, the same records again`,
  );
  const perRound = Object.entries(records).map(([name, { records }]) => `${name} ${thousands(records)}`);
  return [
    `${describeMachine(machine)}\nRecords a round, in batches of ${batchSize}: ${perRound.join(', ')}`,
    ...[...tables].map(([title, sections]) =>
      table([[title, 'records/s', 'requests/record', 'CPU ms/record'], ...sections.flatMap(rowsOf)]),
    ),
  ].join('\n\n');
}

function rowsOf({ job, contenders, comparisons }: Section): string[][] {
  return [
    ...contenders.map(({ name, figures }) => [
      `${job}: ${name}`,
      range(figures.recordsPerSecond, thousands),
      two(figures.requestsPerRecord.median),
      range(figures.cpuMsPerRecord, three),
    ]),
    ...comparisons.map(({ rival, recordsPerSecond, cpuMsPerRecord }) => [
      `  orderly / ${rival}`,
      range(recordsPerSecond, two),
      '',
      range(cpuMsPerRecord, three),
    ]),
  ];
}
