import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { Interrupted, interruption } from '../local/cli/interruption.ts';

/** What a benchmark is run with. */
export interface BenchmarkRun {
  /** Empty, and removed at the end. */
  readonly folder: string;
  /** How often each measurement is made. */
  readonly rounds: number;
  /** Hears what takes time. */
  readonly progress: (step: string) => void;
  readonly interrupted: AbortSignal;
}

/**
 * Runs a benchmark as a command: its report goes to standard output, as text or with `--json`, all else to standard
 * error. However it ends, its folder is removed.
 */
export async function benchmark<Report>(
  name: string,
  measure: (run: BenchmarkRun) => Promise<Report>,
  describe: (report: Report) => string,
  defaultRounds = 3,
): Promise<void> {
  const { rounds, json } = new Command(name)
    .option('--rounds <n>', 'rounds of each measurement', positive, defaultRounds)
    .option('--json', 'print JSON')
    .parse()
    .opts<{ rounds: number; json?: true }>();
  const progress = (step: string) => process.stderr.write(`${step}\n`);
  const interrupted = interruption(progress);
  const folder = await mkdtemp(join(tmpdir(), 'orderly-bench-'));
  try {
    const report = await measure({ folder, rounds, progress, interrupted });
    process.stdout.write(`${json ? JSON.stringify(report, null, 2) : describe(report)}\n`);
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    process.exitCode = error.exitCode;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function positive(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('a whole number from 1 on');
}
