import { COMPOSE, COMPOSE_CLUSTER_ID, type EngineAddresses } from './addresses.ts';
import { type EmbeddedOptions, startEmbeddedEngine } from './embedded.ts';
import type { Engine } from './engine.ts';
import { clusterIdOf, connectExternalEngine } from './external.ts';

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
