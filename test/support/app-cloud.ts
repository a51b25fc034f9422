import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, vi } from 'vitest';
import { readAssembly } from '../../local/assembly/read.ts';
import { type LocalCloud, type LocalCloudOptions, startLocalCloud } from '../../local/cloud.ts';
import { type LocalConfig, readLocalConfig } from '../../local/config.ts';
import { startEmbeddedEngine } from '../../local/engines/embedded.ts';
import type { Engine } from '../../local/engines/engine.ts';
import { testAssembly } from './assembly.ts';
import { shareCompiled } from './orderly-process.ts';

const millraceJson = fileURLToPath(new URL('../../millrace.json', import.meta.url));
const silent = { progress: () => undefined, log: () => undefined };

/** What is otherwise than in `orderly up`, which tells of it. */
interface AppCloudOptions extends Partial<LocalCloudOptions> {
  /** Folder of a cloud assembly. @default the app's own */
  readonly app?: string;
  /** Changes what millrace.json says. @default nothing is changed */
  readonly configured?: (config: LocalConfig) => LocalConfig;
  /** Called with the engine before anything is made there. @default nobody is told */
  readonly onEngine?: (engine: Engine) => void;
}

/** A configuration in which functions, by construct path, get these variables too. */
export function withEnvironment(
  config: LocalConfig,
  paths: readonly string[],
  variables: Readonly<Record<string, string>>,
): LocalConfig {
  const functions = { ...config.functions };
  for (const path of paths)
    functions[path] = { environment: { ...functions[path]?.environment, ...variables } };
  return { ...config, functions };
}

/** The app in a local cloud of this process, on a free port and an engine of its own, with all it writes in `stateDir`. */
export async function appCloud(
  stateDir: string,
  {
    app = testAssembly(),
    configured = (config) => config,
    onEngine = () => undefined,
    ...other
  }: AppCloudOptions = {},
): Promise<LocalCloud> {
  shareCompiled(stateDir);
  return startLocalCloud({
    loadAssembly: () => readAssembly(app),
    async startEngine() {
      const engine = await startEmbeddedEngine({ dataDir: join(stateDir, 'engine'), ...silent });
      onEngine(engine);
      return engine;
    },
    config: configured(await readLocalConfig(millraceJson)),
    stateDir,
    port: 0,
    ...silent,
    ...other,
  });
}

type Mappings = Awaited<ReturnType<LocalCloud['status']>>['mappings'];

/** Waits until every group has read all three partitions of its topic, and `also` throws no more. */
export async function caughtUp(
  cloud: LocalCloud,
  also: (mappings: Mappings) => void = () => undefined,
): Promise<void> {
  await vi.waitFor(
    async () => {
      const { mappings } = await cloud.status();
      for (const { kind, partitions } of mappings)
        if (kind === 'kafka') expect(partitions.map(({ lag }) => lag)).toEqual([0, 0, 0]);
      also(mappings);
    },
    { timeout: 60_000, interval: 100 },
  );
}
