import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { unlessInterrupted } from '../local/cli/interruption.ts';
import { kafkaClient } from '../local/kafka/client.ts';
import { startBenchBroker } from './broker.ts';
import { type Assignment, FUNCTION_CODE } from './contenders/contender.ts';
import { OFFLINE_HOST, OFFLINE_PLUGIN } from './contenders/offline-plugin.ts';
import type { ContenderName } from './contract.ts';
import { installBeside } from './install-beside.ts';
import { type Measured, type Memory, measure } from './measure.ts';
import { push, turn } from './rounds.ts';
import { fillTopic, PARTITIONS } from './topic.ts';

/** Each contender's figures, one of each per round; without the npm package where it could not be installed. */
export interface EventSourceFigures {
  readonly throughput: ReadonlyMap<ContenderName, readonly Round[]>;
  readonly latency: ReadonlyMap<ContenderName, readonly (readonly number[])[]>;
  readonly memory: {
    /** While all of the topic was delivered. */
    readonly noop: Memory;
    /** With a function that takes 50 ms, while the rest of the topic waits. */
    readonly slow: Memory;
  };
}

export interface Round {
  readonly recordsPerSecond: number;
  readonly firstRecordMs: number;
  readonly meanBatch: number;
  readonly memory: Memory;
}

const ON_TOPIC = 1_000_000;
const BATCH_SIZE = 100;
const THROUGHPUT = { measure: 'throughput', warmUp: 100_000, records: 200_000 } as const;
const LATENCY = { measure: 'latency', warmUp: 100, records: 300 } as const;
const MEMORY = { measure: 'throughput', warmUp: 0 } as const;

/** Measures the contenders in turn, `rounds` times, on one broker that is started for them. */
export async function measureEventSources(
  folder: string,
  rounds: number,
  progress: (step: string) => void,
  interrupted: AbortSignal,
): Promise<EventSourceFigures> {
  progress('installing the npm package beside the project');
  const packages = [OFFLINE_HOST, OFFLINE_PLUGIN];
  const packageDir = await unlessInterrupted(installBeside(folder, 'offline-plugin', packages), interrupted);
  const codeDir = join(folder, 'function');
  await mkdir(codeDir);
  await writeFile(join(codeDir, 'index.js'), FUNCTION_CODE);

  const broker = await startBenchBroker(folder, progress);
  try {
    const { bootstrapServers } = broker;
    const kafka = kafkaClient({ bootstrapServers, clientId: 'bench' });
    progress(`writing ${ON_TOPIC.toLocaleString('en')} records`);
    await fillTopic(kafka, 'full', ON_TOPIC, interrupted);
    const assignment = (topic: string): Assignment => ({
      bootstrapServers,
      topic,
      partitions: PARTITIONS,
      groupId: randomUUID(),
      batchSize: BATCH_SIZE,
      codeDir,
      handler: 'noop',
      packageDir: packageDir ?? '',
    });

    const plugin: readonly ContenderName[] = packageDir === undefined ? [] : ['offline plugin'];
    const contenders: readonly ContenderName[] = ['orderly', ...plugin, 'bare loop'];
    const throughput = new Map<ContenderName, Round[]>();
    const latency = new Map<ContenderName, (readonly number[])[]>();
    for (let round = 1; round <= rounds; round += 1) {
      for (const contender of turn(contenders, round)) {
        progress(`round ${round} of ${rounds}: ${contender}`);
        const measured = await measure({ ...assignment('full'), ...THROUGHPUT, contender }, interrupted);
        push(throughput, contender, roundOf(measured));
        if (contender === 'offline plugin') continue;
        const topic = `latency-${randomUUID()}`;
        await fillTopic(kafka, topic, 0, interrupted);
        const { result } = await measure({ ...assignment(topic), ...LATENCY, contender }, interrupted);
        push(latency, contender, result.latenciesMs);
      }
    }

    progress('delivering all of the topic');
    const ours = { ...assignment('full'), ...MEMORY, contender: 'orderly' } as const;
    const noop = await measure({ ...ours, records: ON_TOPIC }, interrupted, true);
    const slow = await measure(
      { ...ours, groupId: randomUUID(), handler: 'slow', records: 50_000 },
      interrupted,
      true,
    );
    return { throughput, latency, memory: { noop: noop.memory, slow: slow.memory } };
  } finally {
    await broker.stop();
  }
}

function roundOf({ result, memory }: Measured<Omit<Round, 'memory'>>): Round {
  return { ...result, memory };
}
