import { delimiter, join, resolve } from 'node:path';
import { LocalCloudError } from '../errors.ts';
import { ACCOUNT, type Engine, type EngineExit, type EngineLog, REGION } from './engine.ts';
import { cacheFolder, isCached } from './install.ts';
import { type BrokerOptions, installKafka, kafkaPart, startBroker } from './kafka.ts';
import { installMinistack, MINISTACK_PART, startMinistack } from './ministack.ts';
import type { RunningPart } from './part.ts';
import { freePorts, isFree } from './ports.ts';
import { findTool, requireUsable, type Tool, type ToolName } from './tools.ts';

export interface EmbeddedOptions {
  /** Both parts keep their data in it, in the folders `kafka` and `ministack`; made if it is missing. */
  readonly dataDir: string;
  /** Where downloaded parts are kept; by default the user's cache folder (see `cacheFolder`). */
  readonly cacheDir?: string;
  /** Ports on 127.0.0.1; free ones by default. */
  readonly ports?: { readonly kafka?: number; readonly aws?: number };
  readonly log: EngineLog;
  /** Hears what takes time, e.g. `fetching MiniStack with pip (once)`. */
  readonly progress: (step: string) => void;
}

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Runs Kafka and MiniStack as child processes that die with this one.
 *
 * Fetches what the cache lacks. Both parts are started side by side; if one fails the other is stopped. Errors:
 * ENGINE_MISSING_TOOL (names every missing tool), ENGINE_INSTALL_FAILED, PORT_TAKEN, ALREADY_RUNNING (another engine
 * uses the data folder), CONFIG_INVALID (a cache folder that Java can't read from), ENGINE_START_FAILED.
 */
export async function startEmbeddedEngine(given: EmbeddedOptions): Promise<Engine> {
  const env = process.env;
  const options = { ...given, dataDir: resolve(given.dataDir) };
  const cacheDir = resolve(given.cacheDir ?? cacheFolder(env));
  if (cacheDir.includes(delimiter)) {
    const message = `the cache folder ${cacheDir} has a ${delimiter} in its path, by which Java separates folders`;
    throw new LocalCloudError('CONFIG_INVALID', message, {
      remedy: ['Set MILLRACE_CACHE to another folder.'],
    });
  }
  await refuseTakenPorts([options.ports?.kafka, options.ports?.aws]);
  const tools = await Promise.all(toolsNeeded(cacheDir).map((name) => findTool(name, env)));
  requireUsable(tools);

  const [kafka, ministack] = await bothOrNone(
    startKafka(options, cacheDir, versionOf(tools, 'java'), env),
    startAws(options, cacheDir, env),
  );
  const parts = [kafka.part, ministack.part];
  let stopping: Promise<void> | undefined;
  return {
    kind: 'embedded',
    adopted: false,
    bootstrapServers: `127.0.0.1:${kafka.port}`,
    awsEndpoint: `http://127.0.0.1:${ministack.port}`,
    account: ACCOUNT,
    region: REGION,
    exited: new Promise<EngineExit>((tell) => {
      for (const part of parts) void part.exited.then((exit) => stopping ?? tell(exit));
    }),
    stop() {
      stopping ??= Promise.all(parts.map((part) => part.stop())).then(() => undefined);
      return stopping;
    },
  };
}

/** The tools an embedded engine needs: installers only for what the cache lacks. */
export function toolsNeeded(cacheDir: string): readonly ToolName[] {
  return [
    'java',
    'python3',
    ...(isCached(cacheDir, kafkaPart()) ? [] : (['mvn'] as const)),
    ...(isCached(cacheDir, MINISTACK_PART) ? [] : (['pip'] as const)),
  ];
}

interface PartOnPort {
  readonly part: RunningPart;
  readonly port: number;
}

/** Starts the broker alone, in the folder `kafka` of the data folder, on a port that is free unless one is named. */
export async function startKafka(
  { dataDir, ports, log, progress, settings = {} }: EmbeddedOptions & Pick<BrokerOptions, 'settings'>,
  cacheDir: string,
  javaVersion: string,
  env: Env,
): Promise<PartOnPort> {
  const install = await installKafka(cacheDir, env, progress);
  progress('starting Apache Kafka');
  return onFreePort(ports?.kafka, async (port) => {
    // Nobody listens on the broker's yet, so that it may come up as a free one again.
    const [controllerPort = 0] = (await freePorts(2)).filter((free) => free !== port);
    const folder = join(dataDir, 'kafka');
    const how = { install, dataDir: folder, controllerPort, javaVersion, env, settings, log };
    return startBroker({ ...how, port });
  });
}

async function startAws(
  { dataDir, ports, log, progress }: EmbeddedOptions,
  cacheDir: string,
  env: Env,
): Promise<PartOnPort> {
  const folder = await installMinistack(cacheDir, env, progress);
  progress('starting MiniStack');
  return onFreePort(ports?.aws, (port) =>
    startMinistack({ folder, dataDir: join(dataDir, 'ministack'), port, env, log }),
  );
}

const ATTEMPTS = 3;

/** A free port may be taken by another process before the part listens on it: then with another one. */
async function onFreePort(
  wanted: number | undefined,
  start: (port: number) => Promise<RunningPart>,
): Promise<PartOnPort> {
  for (let attempt = 1; ; attempt += 1) {
    const port = wanted ?? (await freePorts(1))[0] ?? 0;
    try {
      return { part: await start(port), port };
    } catch (error) {
      if (attempt === ATTEMPTS || wanted !== undefined || !lostItsPort(error)) throw explained(error);
    }
  }
}

const lostItsPort = (error: unknown) =>
  error instanceof LocalCloudError && /already in use/i.test(error.message);

/** Kafka locks its log folder. */
function explained(error: unknown): unknown {
  if (!(error instanceof LocalCloudError && error.message.includes('Failed to acquire lock'))) return error;
  return new LocalCloudError('ALREADY_RUNNING', 'Another engine is running on this data folder.', {
    remedy: ['Stop the other one, or give this one a data folder of its own.'],
    cause: error,
  });
}

async function refuseTakenPorts(ports: readonly (number | undefined)[]): Promise<void> {
  const wanted = ports.filter((port) => port !== undefined);
  const free = await Promise.all(wanted.map(isFree));
  const taken = wanted.filter((_, index) => !free[index]);
  if (taken.length === 0) return;
  throw new LocalCloudError('PORT_TAKEN', `Taken on 127.0.0.1: port ${taken.join(' and port ')}.`, {
    remedy: ['Stop what listens there, or choose other ports.'],
    retriable: true,
  });
}

function versionOf(tools: readonly Tool[], name: ToolName): string {
  return tools.find((tool) => tool.name === name)?.version ?? 'unknown';
}

async function bothOrNone(
  first: Promise<PartOnPort>,
  second: Promise<PartOnPort>,
): Promise<[PartOnPort, PartOnPort]> {
  try {
    return await Promise.all([first, second]);
  } catch (error) {
    const settled = await Promise.allSettled([first, second]);
    await Promise.all(settled.map((one) => one.status === 'fulfilled' && one.value.part.stop()));
    throw error;
  }
}
