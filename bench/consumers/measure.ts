import { fileURLToPath } from 'node:url';
import { unlessInterrupted } from '../../local/cli/interruption.ts';
import { REGION } from '../../local/engines/addresses.ts';
import type { BenchmarkRun } from '../command.ts';
import { POWERTOOLS } from '../contenders/powertools.ts';
import { installBeside } from '../install-beside.ts';
import { push, turn } from '../rounds.ts';
import { startTask } from '../task.ts';
import {
  BATCH_SIZE,
  CONTENDERS,
  type ConsumerName,
  type ConsumerResult,
  type ConsumerTask,
  type Job,
  RECORDS,
} from './contract.ts';
import { ENGINES, type EngineName, startEngine } from './engines.ts';

/** Each contender's results, one of each per round, in the order of the rounds. */
export type JobFigures = ReadonlyMap<ConsumerName, readonly ConsumerResult[]>;
export type ConsumerFigures = ReadonlyMap<EngineName, ReadonlyMap<Job, JobFigures>>;

const JOBS: readonly Job[] = ['shipping', 'email'];
const entry = fileURLToPath(new URL('./child.ts', import.meta.url));

/** Measures the contenders in turn, `rounds` times, on one engine after the other. */
export async function measureConsumers(run: BenchmarkRun): Promise<ConsumerFigures> {
  const { folder, progress, interrupted } = run;
  progress('installing Powertools beside the project');
  const packageDir = await unlessInterrupted(installBeside(folder, 'powertools', POWERTOOLS), interrupted);
  if (packageDir === undefined) throw new Error('npm could not install Powertools');

  const figures = new Map<EngineName, ReadonlyMap<Job, JobFigures>>();
  for (const name of ENGINES) {
    progress(`starting ${name}`);
    const engine = await startEngine[name](folder, progress);
    try {
      figures.set(name, await measureOn(name, engine.endpoint, packageDir, run));
    } finally {
      await engine.stop();
    }
  }
  return figures;
}

async function measureOn(
  engine: EngineName,
  endpoint: string,
  packageDir: string,
  { rounds, progress, interrupted }: BenchmarkRun,
): Promise<ReadonlyMap<Job, JobFigures>> {
  const figures = new Map(JOBS.map((job) => [job, emptyFigures(job)]));
  for (let round = 1; round <= rounds; round += 1) {
    for (const [job, results] of figures) {
      for (const contender of turn<ConsumerName>(CONTENDERS[job], round)) {
        progress(`${engine}, round ${round} of ${rounds}: ${job}, ${contender}`);
        const task = { job, contender, batchSize: BATCH_SIZE, ...RECORDS[contender], packageDir };
        push(results, contender, await measure(task, endpoint, interrupted));
      }
    }
  }
  return figures;
}

/** In the order in which they are reported, whoever is measured first. */
function emptyFigures(job: Job): Map<ConsumerName, ConsumerResult[]> {
  return new Map(CONTENDERS[job].map((name) => [name, []]));
}

async function measure(
  task: ConsumerTask,
  endpoint: string,
  interrupted: AbortSignal,
): Promise<ConsumerResult> {
  // Its own environment, not the user's: no profile of theirs, and no setting of the SDK or of Powertools.
  const env = {
    PATH: process.env.PATH,
    AWS_ENDPOINT_URL_DYNAMODB: endpoint,
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: 'bench',
    AWS_SECRET_ACCESS_KEY: 'bench',
    AWS_LAMBDA_FUNCTION_NAME: 'consumer',
  };
  const child = startTask<ConsumerResult>(`${task.contender} (${task.job})`, entry, task, env);
  try {
    return await unlessInterrupted(child.result, interrupted);
  } finally {
    await child.stop();
  }
}
