import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { TestProject } from 'vitest/node';
import { z } from 'zod';
import { startEmbeddedEngine } from '../../local/engines/embedded.ts';
import { startDynamodbLocal } from './dynamodb-local/start.ts';
import type { TestEngines } from './engines.ts';
import { leakedProcesses } from './leaks.ts';

const given = z.strictObject({ bootstrapServers: z.string(), ministack: z.url(), dynamodbLocal: z.url() });

/**
 * Starts the engines of a test run on free ports, in a temporary folder, and stops them at its end; the run fails if a
 * process is left over. `ORDERLY_TEST_ENGINES`, the JSON of their addresses, names engines that run already.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const addresses = process.env.ORDERLY_TEST_ENGINES;
  if (addresses !== undefined) {
    project.provide('engines', given.parse(JSON.parse(addresses)));
    return failOnLeaks;
  }
  const { engines, stop } = await start();
  project.provide('engines', engines);
  return async () => {
    await stop();
    await failOnLeaks();
  };
}

async function start(): Promise<{ engines: TestEngines; stop: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'orderly-test-'));
  const starting = [
    startEmbeddedEngine({ dataDir: folder, log: () => undefined, progress: () => undefined }),
    startDynamodbLocal(folder),
  ] as const;
  const stop = async () => {
    const started = await Promise.allSettled(starting);
    await Promise.all(started.map((one) => one.status === 'fulfilled' && one.value.stop()));
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const [engine, dynamodbLocal] = await Promise.all(starting);
    const { bootstrapServers, awsEndpoint } = engine;
    return {
      engines: { bootstrapServers, ministack: awsEndpoint, dynamodbLocal: dynamodbLocal.endpoint },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Test workers may be ending just now, and what they ran has its grace. */
async function failOnLeaks(): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (leakedProcesses().length > 0 && performance.now() < deadline) await delay(100);
  const leaked = leakedProcesses();
  if (leaked.length === 0) return;
  // vitest prints an error of a teardown, and passes.
  process.exitCode = 1;
  throw new Error(`processes were left over:\n${leaked.join('\n')}`);
}
