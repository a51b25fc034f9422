import { COMPOSE, COMPOSE_CLUSTER_ID, type EngineAddresses } from './addresses.ts';
import { cacheFolder, isCached } from './cache.ts';
import { toolsNeeded } from './embedded.ts';
import { clusterIdOf } from './external.ts';
import { kafkaPart } from './kafka/install.ts';
import { MINISTACK_PART } from './ministack/install.ts';
import { findTool, type Tool } from './tools.ts';

/** Which engine can run on this machine, and what is missing for the other. */
export interface Diagnosis {
  /** All tools any engine may need, usable or not. */
  readonly tools: readonly Tool[];
  readonly embedded: {
    readonly canRun: boolean;
    /** Tools without which it can't start now; installers count only while the cache lacks what they fetch. */
    readonly missing: readonly Tool[];
  };
  readonly compose: {
    /** Docker and its compose plugin are installed; whether the daemon runs is not asked. */
    readonly canRun: boolean;
    /** What listens on docker-compose.yml's broker port now. */
    readonly broker: 'ours' | 'another' | 'none';
  };
  readonly cache: {
    readonly folder: string;
    readonly kafka: boolean;
    readonly ministack: boolean;
  };
}

/** Looks at the tools, the cache and docker-compose.yml's port; starts nothing. */
export async function diagnose(
  options: { readonly cacheDir?: string; readonly compose?: EngineAddresses } = {},
): Promise<Diagnosis> {
  const folder = options.cacheDir ?? cacheFolder(process.env);
  const names = ['java', 'python3', 'mvn', 'pip', 'docker compose'] as const;
  const [tools, clusterId] = await Promise.all([
    Promise.all(names.map((name) => findTool(name, process.env))),
    clusterIdOf((options.compose ?? COMPOSE).bootstrapServers),
  ]);
  const needed = toolsNeeded(folder);
  const missing = tools.filter((tool) => needed.includes(tool.name) && !tool.usable);
  return {
    tools,
    embedded: { canRun: missing.length === 0, missing },
    compose: {
      canRun: tools.some((tool) => tool.name === 'docker compose' && tool.usable),
      broker: clusterId === undefined ? 'none' : clusterId === COMPOSE_CLUSTER_ID ? 'ours' : 'another',
    },
    cache: { folder, kafka: isCached(folder, kafkaPart()), ministack: isCached(folder, MINISTACK_PART) },
  };
}
