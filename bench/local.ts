/**
 * `npm run bench:local`: how fast, how large and how idle the local cloud is, beside what else there is.
 *
 *     topic of 1,000,000 records ──> orderly         ──> function, a child process behind the Runtime API
 *       3 partitions, 0.5 kB    ├──> offline plugin  ──> function, a worker thread
 *                               └──> bare loop       ──> nobody
 *
 * Every round runs each of them in a process of its own, one after the other: 100,000 records to warm up, then 200,000.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { Interrupted, interruption } from '../cli/interruption.ts';
import { measureEventSources } from './event-sources.ts';
import { measureLocalCloud } from './local-cloud.ts';
import { describeReport, reportOf } from './report.ts';

const { rounds, json } = new Command('bench:local')
  .option('--rounds <n>', 'rounds of each measurement', positive, 3)
  .option('--json', 'print JSON')
  .parse()
  .opts<{ rounds: number; json?: true }>();

const progress = (step: string) => process.stderr.write(`${step}\n`);
const interrupted = interruption(progress);
const folder = await mkdtemp(join(tmpdir(), 'orderly-bench-'));
try {
  const figures = await measureEventSources(folder, rounds, progress, interrupted);
  progress('starting the local cloud');
  const report = reportOf(figures, await measureLocalCloud(folder, rounds, interrupted));
  process.stdout.write(`${json ? JSON.stringify(report, null, 2) : describeReport(report)}\n`);
} catch (error) {
  if (!(error instanceof Interrupted)) throw error;
  process.exitCode = error.exitCode;
} finally {
  await rm(folder, { recursive: true, force: true });
}

function positive(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('a whole number from 1 on');
}
