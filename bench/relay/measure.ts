import { fileURLToPath } from 'node:url';
import { unlessInterrupted } from '../../local/cli/interruption.ts';
import { REGION } from '../../local/engines/addresses.ts';
import { startBenchBroker } from '../broker.ts';
import type { BenchmarkRun } from '../command.ts';
import { ENGINES, type EngineName, startEngine } from '../consumers/engines.ts';
import { push, turn } from '../rounds.ts';
import { startTask } from '../task.ts';
import { CONTENDERS, EVENTS, type RelayContender, type RelayResult, type RelayTask } from './contract.ts';

/** Each contender's results, one of each per round, in the order of the rounds. */
export type RelayFigures = ReadonlyMap<EngineName, ReadonlyMap<RelayContender, readonly RelayResult[]>>;

const entry = fileURLToPath(new URL('./child.ts', import.meta.url));

/** Measures the contenders in turn, `rounds` times, on one DynamoDB engine after the other and one broker. */
export async function measureRelay({
  folder,
  rounds,
  progress,
  interrupted,
}: BenchmarkRun): Promise<RelayFigures> {
  const figures = new Map<EngineName, ReadonlyMap<RelayContender, readonly RelayResult[]>>();
  progress('starting Kafka');
  const broker = await startBenchBroker(folder, progress);
  try {
    for (const name of ENGINES) {
      progress(`starting ${name}`);
      const engine = await startEngine[name](folder, progress);
      const results = new Map<RelayContender, RelayResult[]>(CONTENDERS.map((each) => [each, []]));
      try {
        for (let round = 1; round <= rounds; round += 1) {
          for (const contender of turn(CONTENDERS, round)) {
            progress(`${name}, round ${round} of ${rounds}: ${contender}`);
            const task = { contender, bootstrapServers: broker.bootstrapServers, ...EVENTS };
            push(results, contender, await measure(task, engine.endpoint, interrupted));
          }
        }
      } finally {
        await engine.stop();
      }
      figures.set(name, results);
    }
  } finally {
    await broker.stop();
  }
  return figures;
}

async function measure(task: RelayTask, endpoint: string, interrupted: AbortSignal): Promise<RelayResult> {
  // Its own environment, not the user's: no profile of theirs, and no setting of the SDK.
  const env = {
    PATH: process.env.PATH,
    AWS_ENDPOINT_URL_DYNAMODB: endpoint,
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: 'bench',
    AWS_SECRET_ACCESS_KEY: 'bench',
    AWS_LAMBDA_FUNCTION_NAME: 'relay',
    KAFKAJS_NO_PARTITIONER_WARNING: '1',
  };
  const child = startTask<RelayResult>(task.contender, entry, task, env);
  try {
    return await unlessInterrupted(child.result, interrupted);
  } finally {
    await child.stop();
  }
}
