import { table } from '../local/cli/terminal.ts';
import type { ContenderName } from './contract.ts';
import type { EventSourceFigures, Round } from './event-sources.ts';
import { range, thousands, two, whole } from './format.ts';
import type { LocalCloudCost } from './local-cloud.ts';
import { describeMachine, type Machine, machine } from './machine.ts';
import { percentile, type Spread, spread } from './statistics.ts';

/** Everything that was measured; `null` is what could not be. */
export interface Report {
  readonly machine: Machine;
  readonly throughput: Readonly<Record<ContenderName, ThroughputReport | null>>;
  /** Ours divided by the other's, round by round. */
  readonly throughputRatio: Readonly<Record<Exclude<ContenderName, 'orderly'>, Spread | null>>;
  /** Milliseconds, over rounds. */
  readonly latencyP50: Readonly<Record<'orderly' | 'bare loop', Spread>>;
  readonly latencyP95: Readonly<Record<'orderly' | 'bare loop', Spread>>;
  readonly latencyRatio: Spread;
  readonly memory: EventSourceFigures['memory'];
  readonly startUpMs: Spread;
  readonly idle: { readonly cpuPercent: number | null; readonly rssMb: number };
}

interface ThroughputReport {
  readonly recordsPerSecond: Spread;
  readonly firstRecordMs: Spread;
  readonly meanBatch: Spread;
  readonly readerMb: Spread;
  readonly allMb: Spread;
}

export function reportOf(figures: EventSourceFigures, cloud: LocalCloudCost): Report {
  const rounds = (name: ContenderName) => figures.throughput.get(name);
  const throughput = (name: ContenderName) => over(rounds(name));
  const ratioTo = (name: ContenderName) => {
    const theirs = rounds(name);
    const ours = rounds('orderly') ?? [];
    if (theirs === undefined) return null;
    return spread(
      ours.map((round, n) => round.recordsPerSecond / (theirs[n]?.recordsPerSecond ?? Number.NaN)),
    );
  };
  const latency = (name: 'orderly' | 'bare loop', percent: number) =>
    (figures.latency.get(name) ?? []).map((ms) =>
      percentile(
        ms.toSorted((a, b) => a - b),
        percent,
      ),
    );
  const bareP50 = latency('bare loop', 50);
  return {
    machine: machine(),
    throughput: {
      orderly: throughput('orderly'),
      'offline plugin': throughput('offline plugin'),
      'bare loop': throughput('bare loop'),
    },
    throughputRatio: { 'offline plugin': ratioTo('offline plugin'), 'bare loop': ratioTo('bare loop') },
    latencyP50: { orderly: spread(latency('orderly', 50)), 'bare loop': spread(bareP50) },
    latencyP95: { orderly: spread(latency('orderly', 95)), 'bare loop': spread(latency('bare loop', 95)) },
    latencyRatio: spread(latency('orderly', 50).map((ms, n) => ms / (bareP50[n] ?? Number.NaN))),
    memory: figures.memory,
    startUpMs: spread(cloud.startUpMs),
    idle: { cpuPercent: cloud.idle.cpuPercent ?? null, rssMb: cloud.idle.rssMb },
  };
}

function over(rounds: readonly Round[] | undefined): ThroughputReport | null {
  if (rounds === undefined) return null;
  const of = (figure: (round: Round) => number) => spread(rounds.map(figure));
  return {
    recordsPerSecond: of((round) => round.recordsPerSecond),
    firstRecordMs: of((round) => round.firstRecordMs),
    meanBatch: of((round) => round.meanBatch),
    readerMb: of(({ memory }) => memory.readerMb),
    allMb: of(({ memory }) => memory.allMb),
  };
}

/** The report as a person reads it: medians, and the lowest and the highest round. */
export function describeReport(report: Report): string {
  const { throughput, throughputRatio, latencyP50, latencyP95, memory, idle } = report;
  const throughputRow = (name: string, figures: ThroughputReport | null) =>
    figures === null
      ? [name, 'not measured', '', '', '', '']
      : [
          name,
          range(figures.recordsPerSecond, thousands),
          range(figures.firstRecordMs, whole),
          whole(figures.meanBatch.median),
          range(figures.readerMb, whole),
          range(figures.allMb, whole),
        ];
  const ratio = (value: Spread | null) => (value === null ? 'not measured' : range(value, two));
  const sections = [
    describeMachine(report.machine),
    table([
      ['broker to function', 'records/s', 'first record ms', 'batch', 'MB at the end', 'with functions'],
      throughputRow('orderly', throughput.orderly),
      throughputRow('offline plugin', throughput['offline plugin']),
      throughputRow('bare loop', throughput['bare loop']),
      ['orderly / offline plugin', ratio(throughputRatio['offline plugin'])],
      ['orderly / bare loop', ratio(throughputRatio['bare loop'])],
    ]),
    table([
      ['one record, window 0', 'p50 ms', 'p95 ms'],
      ['orderly', range(latencyP50.orderly, two), range(latencyP95.orderly, two)],
      ['bare loop', range(latencyP50['bare loop'], two), range(latencyP95['bare loop'], two)],
      ['orderly / bare loop', ratio(report.latencyRatio)],
    ]),
    table([
      ['a topic of 1,000,000 records', 'peak MB', 'with functions'],
      ['all of it, no-op function', whole(memory.noop.readerMb), whole(memory.noop.allMb)],
      ['50,000 of it, function of 50 ms', whole(memory.slow.readerMb), whole(memory.slow.allMb)],
    ]),
    table([
      ['orderly up', ''],
      ['start-up, engine included', `${range(report.startUpMs, seconds)} s`],
      [
        'idle, engine left out',
        idle.cpuPercent === null ? 'not measured' : `${two(idle.cpuPercent)} % of a core`,
      ],
      ['memory, engine left out', `${whole(idle.rssMb)} MB`],
    ]),
  ];
  return sections.join('\n\n');
}

const seconds = (ms: number) => (ms / 1000).toFixed(1);
