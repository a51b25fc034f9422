import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { z } from 'zod';
import { synthesize } from '../../local/cli/synthesize.ts';
import { startEmbeddedEngine } from '../../local/engines/embedded.ts';
import { startDynamodbLocal } from './dynamodb-local/start.ts';
import type { TestEngines } from './engines.ts';
import { leakedProcesses } from './leaks.ts';

const given = z.strictObject({ bootstrapServers: z.string(), ministack: z.url(), dynamodbLocal: z.url() });

const root = fileURLToPath(new URL('../../', import.meta.url));

/**
 * Starts the engines of a test run on free ports, and synthesizes the app, both in a temporary folder; stops them at its
 * end. The run fails if a process is left over. `ORDERLY_TEST_ENGINES`, the JSON of their addresses, names engines that
 * run already.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'orderly-test-'));
  const assembly = join(folder, 'cdk.out');
  const engines = enginesIn(folder);
  const stop = async () => {
    await engines.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const [addresses] = await Promise.all([engines.addresses, synthesize(root, assembly)]);
    project.provide('engines', addresses);
    project.provide('assembly', assembly);
  } catch (error) {
    await stop();
    throw error;
  }
  return async () => {
    await stop();
    await failOnLeaks();
  };
}

interface Engines {
  readonly addresses: Promise<TestEngines>;
  stop(): Promise<void>;
}

function enginesIn(folder: string): Engines {
  const running = process.env.ORDERLY_TEST_ENGINES;
  if (running !== undefined) {
    return {
      addresses: Promise.resolve(given.parse(JSON.parse(running))),
      stop: () => Promise.resolve(),
    };
  }
  const starting = [
    startEmbeddedEngine({ dataDir: folder, log: () => undefined, progress: () => undefined }),
    startDynamodbLocal(folder),
  ] as const;
  return {
    addresses: Promise.all(starting).then(([{ bootstrapServers, awsEndpoint }, { endpoint }]) => ({
      bootstrapServers,
      ministack: awsEndpoint,
      dynamodbLocal: endpoint,
    })),
    async stop() {
      const started = await Promise.allSettled(starting);
      await Promise.all(started.map((one) => one.status === 'fulfilled' && one.value.stop()));
    },
  };
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
