import { cpus, loadavg } from 'node:os';

/** Where a benchmark ran. */
export interface Machine {
  readonly node: string;
  readonly cores: number;
  /** Of the last minute. */
  readonly loadAverage: number;
}

export function machine(): Machine {
  return { node: process.version, cores: cpus().length, loadAverage: loadavg()[0] ?? 0 };
}

/** The first line of a report. */
export function describeMachine({ node, cores, loadAverage }: Machine): string {
  return `Node ${node}, ${cores} cores, load average ${loadAverage.toFixed(2)} at the end`;
}
