/**
 * What all benchmarks have in common. Contenders are measured in turn, each time in a process of its own, so that nobody
 * warms up another's code and a slow moment of the machine strikes all of them:
 *
 *     round 1   a b c ──> child process ──workload──> figures ──> medians, ranges, ratios round by round
 *     round 2   b c a
 *     round 3   c a b
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { unlessInterrupted } from '../local/cli/interruption.ts';
import { run, spawnGuarded } from '../local/processes/guarded.ts';
import type { Workloads } from './child.ts';
import type { Table } from './report.ts';

/** A benchmark, by its file in this folder. */
export interface Benchmark {
  /** How often each contender is measured unless the command line says otherwise. */
  readonly rounds: number;
  /** `workload` says in a line what each contender got. */
  measure(run: Run): Promise<{ readonly workload: string; readonly tables: readonly Table[] }>;
}

/** What a benchmark is run with. */
export interface Run {
  /** Empty, and removed at the end. */
  readonly folder: string;
  readonly rounds: number;
  /** Hears what takes time. */
  readonly progress: (step: string) => void;
  readonly interrupted: AbortSignal;
}

/**
 * Measures each contender once a round, everybody being first, second and last in turn. Returns each one's samples in the
 * order of the rounds; `where` is what progress begins with.
 */
export async function inTurn<Name extends string, Contender, Sample>(
  { rounds, progress, interrupted }: Pick<Run, 'rounds' | 'progress' | 'interrupted'>,
  where: string,
  contenders: Readonly<Record<Name, Contender>>,
  measure: (contender: Contender, name: Name) => Promise<Sample>,
): Promise<Readonly<Record<Name, readonly Sample[]>>> {
  const names = Object.keys(contenders) as Name[];
  const samples = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, Sample[]>;
  for (let round = 1; round <= rounds; round += 1) {
    const first = round % names.length;
    for (const name of [...names.slice(first), ...names.slice(0, first)]) {
      interrupted.throwIfAborted();
      progress(`${where}round ${round} of ${rounds}: ${name}`);
      samples[name].push(await measure(contenders[name], name));
    }
  }
  return samples;
}

/** What the line of a child's result begins with; others write lines too, kafkajs and loggers among them. */
export const RESULT = 'RESULT ';

/** A workload in a process of its own. */
export interface Child<Result> {
  readonly pid: number;
  /** Rejects with what the process wrote last, if it ends without a result. */
  readonly result: Promise<Result>;
  /** Ends the process, which waits for that when it has told its result. */
  stop(): Promise<void>;
}

type Task<W extends keyof Workloads> = Parameters<Workloads[W]>[0];
type Result<W extends keyof Workloads> = Awaited<ReturnType<Workloads[W]>>;

/** Starts a workload with its task, under `env` and nothing else. */
export function startChild<W extends keyof Workloads>(
  workload: W,
  task: Task<W>,
  env: Readonly<Record<string, string | undefined>>,
): Child<Result<W>> {
  const answer = Promise.withResolvers<Result<W>>();
  // Whoever stops it before it has answered doesn't wait for the answer.
  answer.promise.catch(() => undefined);
  const entry = fileURLToPath(new URL('./child.ts', import.meta.url));
  const said: string[] = [];
  const child = spawnGuarded(process.execPath, [entry, workload, JSON.stringify(task)], {
    env,
    grace: 'kill',
    onOutput(line, stream) {
      if (stream === 'stdout' && line.startsWith(RESULT))
        answer.resolve(JSON.parse(line.slice(RESULT.length)));
      else said.push(line);
      if (said.length > 20) said.shift();
    },
  });
  void child.exited.then(() => {
    const told = [`${workload} ended by itself: ${JSON.stringify(task)}`, ...said].join('\n');
    answer.reject(new Error(told));
  });
  return { pid: child.pid, result: answer.promise, stop: child.stop };
}

/**
 * A workload's result. Its environment is not the user's: no profile of theirs, no setting of the SDK, and no compile
 * cache, which Lambda doesn't have either.
 */
export async function inChild<W extends keyof Workloads>(
  workload: W,
  task: Task<W>,
  env: Readonly<Record<string, string>>,
  interrupted: AbortSignal,
): Promise<Result<W>> {
  const child = startChild(workload, task, {
    PATH: process.env.PATH,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'bench',
    AWS_SECRET_ACCESS_KEY: 'bench',
    AWS_LAMBDA_FUNCTION_NAME: 'bench',
    KAFKAJS_NO_PARTITIONER_WARNING: '1',
    ...env,
  });
  try {
    return await unlessInterrupted(child.result, interrupted);
  } finally {
    await child.stop();
  }
}

/**
 * Installs a contender's npm packages, each with its exact version, into `<folder>/<name>` and not into this project;
 * `undefined` where npm can't. Peer dependencies come only where they are named: the Serverless Framework, a peer of the
 * offline plugin, is large, and none of it runs between the topic and the function.
 */
export async function installBeside(
  { folder, progress, interrupted }: Run,
  name: string,
  packages: readonly string[],
): Promise<string | undefined> {
  progress(`installing ${name} beside the project`);
  const packageDir = join(folder, name);
  await mkdir(packageDir);
  await writeFile(join(packageDir, 'package.json'), '{"private":true}');
  const quiet = ['--no-audit', '--no-fund', '--ignore-scripts', '--legacy-peer-deps'];
  const installing = run('npm', ['install', ...quiet, ...packages], { cwd: packageDir, env: process.env });
  const { exit } = await unlessInterrupted(installing, interrupted);
  return exit.code === 0 ? packageDir : undefined;
}
