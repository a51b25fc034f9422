import { join } from 'node:path';
import { cacheFolder } from '../../local/engines/cache.ts';
import { installMinistack } from '../../local/engines/ministack/install.ts';
import { startMinistack } from '../../local/engines/ministack/server.ts';
import { freePorts } from '../../local/engines/ports.ts';
import { startDynamodbLocal } from '../../test/support/dynamodb-local/start.ts';

/** A DynamoDB endpoint in a process of its own. */
interface DynamodbEngine {
  readonly endpoint: string;
  stop(): Promise<void>;
}

/** Starts an engine whose data is below `folder`. */
type StartEngine = (folder: string, progress: (step: string) => void) => Promise<DynamodbEngine>;

/** The two engines that the tests use too. */
export const ENGINES = ['DynamoDB Local', 'MiniStack'] as const;
export type EngineName = (typeof ENGINES)[number];

export const startEngine: Readonly<Record<EngineName, StartEngine>> = {
  'DynamoDB Local': (folder) => startDynamodbLocal(folder),
  async MiniStack(folder, progress) {
    const install = await installMinistack(cacheFolder(process.env), process.env, progress);
    const [port = 0] = await freePorts(1);
    const dataDir = join(folder, 'ministack');
    const server = await startMinistack({
      folder: install,
      dataDir,
      port,
      env: process.env,
      log: () => undefined,
    });
    return { endpoint: `http://127.0.0.1:${port}`, stop: server.stop };
  },
};
