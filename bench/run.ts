/** The benchmarks' command: `node bench/run.ts cold`, and `npm run bench:cold` for short. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Argument, Command, InvalidArgumentError } from 'commander';
import { Interrupted, interruption } from '../local/cli/interruption.ts';
import type { Benchmark } from './harness.ts';
import { describe, machine } from './report.ts';

const benchmarks = {
  cold: () => import('./cold.ts'),
  consumers: () => import('./consumers.ts'),
  local: () => import('./local.ts'),
  relay: () => import('./relay.ts'),
  start: () => import('./start.ts'),
} satisfies Record<string, () => Promise<{ default: Benchmark }>>;

await new Command('bench')
  .addArgument(new Argument('<benchmark>').choices(Object.keys(benchmarks)))
  .option('--rounds <n>', 'how often each contender is measured', positive)
  .option('--json', 'print JSON')
  .action(run)
  .parseAsync();

/**
 * The report goes to standard output, as text or with `--json`, all else to standard error. However it ends, its folder
 * is removed.
 */
async function run(
  name: keyof typeof benchmarks,
  { rounds, json }: { readonly rounds?: number; readonly json?: true },
): Promise<void> {
  const { default: benchmark } = await benchmarks[name]();
  const progress = (step: string) => process.stderr.write(`${step}\n`);
  const interrupted = interruption(progress);
  const folder = await mkdtemp(join(tmpdir(), 'orderly-bench-'));
  try {
    const measured = await benchmark.measure({
      folder,
      rounds: rounds ?? benchmark.rounds,
      progress,
      interrupted,
    });
    const report = { machine: machine(), ...measured };
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
