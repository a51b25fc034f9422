import { type EmbeddedOptions, startEmbeddedEngine, toolsNeeded } from './embedded.ts';
import { COMPOSE, COMPOSE_CLUSTER_ID, type Engine, type EngineAddresses } from './engine.ts';
import { clusterIdOf, connectExternalEngine } from './external.ts';
import { cacheFolder, isCached } from './install.ts';
import { kafkaPart } from './kafka.ts';
import { MINISTACK_PART } from './ministack.ts';
import { findTool, type Tool } from './tools.ts';

export type WantedEngine = 'auto' | Engine['kind'];

export interface EngineChoice {
  readonly wanted: WantedEngine;
  /** Addresses that a person gave; one is enough to make `auto` choose `external`. */
  readonly given: Partial<EngineAddresses>;
  /** For the embedded engine, if it comes to that. */
  readonly embedded: EmbeddedOptions;
  /** Where docker-compose.yml's parts are looked for. */
  readonly compose?: EngineAddresses;
}

/**
 * Opens an engine. `auto` means: the given addresses if there are any; else docker-compose.yml's parts if its broker
 * runs; else the embedded engine.
 */
export async function chooseEngine({
  wanted,
  given,
  embedded,
  compose = COMPOSE,
}: EngineChoice): Promise<Engine> {
  switch (wanted) {
    case 'external':
      return connectExternalEngine({ given, compose });
    case 'embedded':
      return startEmbeddedEngine(embedded);
    case 'auto': {
      const isGiven = given.bootstrapServers !== undefined || given.awsEndpoint !== undefined;
      const external = isGiven || (await clusterIdOf(compose.bootstrapServers)) === COMPOSE_CLUSTER_ID;
      return external ? connectExternalEngine({ given, compose }) : startEmbeddedEngine(embedded);
    }
  }
}

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
