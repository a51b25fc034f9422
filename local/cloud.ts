import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Assembly } from './assembly/assembly.ts';
import { type CloudModel, honouredModel } from './assembly/model.ts';
import type { EngineFacts } from './assembly/scope.ts';
import { type CloudStatus, statusHandler } from './cloud-status.ts';
import type { LocalConfig } from './config.ts';
import { ACCOUNT, type Engine, REGION } from './engines/engine.ts';
import {
  deleteHoldings,
  type Holdings,
  newHoldings,
  noteHoldings,
  untilEmptied,
} from './engines/holdings.ts';
import { LocalCloudError } from './errors.ts';
import type { Tally } from './event-sources/delivery/tally.ts';
import { startStreamEventSource } from './event-sources/dynamodb-stream/source.ts';
import { startKafkaEventSource } from './event-sources/kafka/source.ts';
import { type EventSource, eventSourceMappings } from './event-sources/mappings.ts';
import { enabledFile, fileCheckpoints } from './event-sources/remembered.ts';
import { localEnvironment } from './function-environment.ts';
import { openFunctionLogs } from './function-logs.ts';
import { startGateway } from './gateway/gateway.ts';
import { openPort } from './gateway/loopback.ts';
import { createFunctionHost, type FunctionHostOptions, type LoadFailure } from './lambda/host.ts';
import { asynchronousInvocations } from './lambda-api/asynchronous.ts';
import { lambdaApi } from './lambda-api/lambda-api.ts';
import type { MappingModel } from './resources/event-source-mapping.ts';
import { modelDifference, provision } from './resources/registry.ts';
import { scheduleRunHandler, schedulesOf } from './schedules/schedules.ts';

export interface LocalCloudOptions {
  /** Brings the cloud assembly; called beside `startEngine`, and told when nobody waits for it any more. */
  readonly loadAssembly: (unwanted: AbortSignal) => Promise<Assembly>;
  /** Brings the engine up or finds it. The local cloud owns it from then on. */
  readonly startEngine: () => Promise<Engine>;
  readonly config: LocalConfig;
  /** Folder for logs and stream positions. */
  readonly stateDir: string;
  /**
   * Leaves nothing behind in an engine that outlives it: what it makes there has to be new (ENGINE_NOT_EMPTY) and goes when
   * it stops. @default what it makes stays, and is noted in `stateDir`
   */
  readonly throwAway?: boolean;
  /** Port of the gateway; 0 is any free one. */
  readonly port: number;
  /** When it aborts, nothing more is begun, and the start rejects with its reason. @default never */
  readonly interrupted?: AbortSignal;
  /**
   * Called as soon as its address is known, before anything is started; requests there are answered with status 503
   * until it runs. @default nobody is told
   */
  readonly onListening?: (url: string) => void;
  /** Called with what is being done, for a person who waits. */
  readonly progress: (step: string) => void;
  /** Called with what a person should know while the cloud runs. */
  readonly log: (line: string) => void;
  /** Called as an invocation begins. @default nobody is told */
  readonly onInvocation?: FunctionHostOptions['onInvocation'];
}

/** What a newer assembly has changed. */
export interface Reload {
  /** Construct paths of the functions that run their new code. */
  readonly replaced: readonly string[];
  /** Those of them that don't load. */
  readonly broken: readonly LoadFailure[];
  /** What is different and waits for a restart. */
  readonly restart: readonly string[];
}

/** A running local cloud. */
export interface LocalCloud {
  readonly url: string;
  readonly engine: Engine;
  readonly model: CloudModel;
  readonly apis: CloudStatus['apis'];
  /** Resolves with ENGINE_EMPTIED if an engine that it doesn't own loses what it has made there, and never otherwise. */
  readonly emptied: Promise<LocalCloudError>;
  status(): Promise<CloudStatus>;
  /**
   * Takes functions over from a newer assembly of the same app, and tells what else is different. Rejects with
   * `ASSEMBLY_NOT_HONOURED` if it couldn't be started; nothing has changed then.
   */
  reload(assembly: Assembly): Promise<Reload>;
  /** Ends everything that was started, the engine included; resolves when it is gone. Idempotent. */
  stop(): Promise<void>;
}

/**
 * Runs a cloud assembly on this machine.
 *
 * The assembly is judged as soon as it is read, so that what can't be honoured stops the start before anything of it
 * runs. Throws `LocalCloudError`; whatever was started by then is ended.
 */
export async function startLocalCloud(options: LocalCloudOptions): Promise<LocalCloud> {
  const started: (() => Promise<void>)[] = [];
  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= endAll(started.reverse());
    return stopping;
  };
  try {
    return await start(options, (end) => started.push(end), stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function start(
  options: LocalCloudOptions,
  onStop: (end: () => Promise<void>) => void,
  stop: () => Promise<void>,
): Promise<LocalCloud> {
  const { config, log, progress, stateDir } = options;

  // First, since a port that is taken is known at once and an engine takes its time.
  const port = await openPort(options.port);
  onStop(() => port.close());
  options.onListening?.(port.url);

  const engineUp = options.startEngine();
  onStop(async () => (await engineUp.catch(() => undefined))?.stop());
  const unwanted = new AbortController();
  const judged = options.loadAssembly(unwanted.signal).then((assembly) => {
    honouredModel(assembly, config, factsBeforeTables('judged-before-start:0'));
    return assembly;
  });
  // What still writes into the assembly's folder has to end before somebody removes it.
  onStop(async () => {
    unwanted.abort();
    await judged.catch(() => undefined);
  });
  const [engine, assembly] = await Promise.all([engineUp, judged]);

  options.interrupted?.throwIfAborted();
  progress('creating tables, topics and buckets');
  const judgedFacts = factsBeforeTables(engine.bootstrapServers);
  const planned = honouredModel(assembly, config, judgedFacts);
  // What an embedded engine keeps goes with its folder.
  const holdings = engine.kind === 'external' ? await hold(engine, planned) : undefined;
  const runningFacts = { ...judgedFacts, ...(await provision(engine, planned)) };
  const cloud = honouredModel(assembly, config, runningFacts);
  let { functions } = cloud;

  options.interrupted?.throwIfAborted();
  progress('starting functions and event source mappings');
  const logs = await openFunctionLogs(join(stateDir, 'logs'), log);
  onStop(() => logs.close());
  const checkpoints = fileCheckpoints(join(stateDir, 'checkpoints.json'), log);
  onStop(async () => checkpoints.flush());

  let isUp = false;
  const status = async (): Promise<CloudStatus> => ({
    engine: {
      kind: engine.kind,
      bootstrapServers: engine.bootstrapServers,
      awsEndpoint: engine.awsEndpoint,
      region: engine.region,
      account: engine.account,
    },
    apis: apis(),
    functions: host.stats().map((stats) => ({ ...stats, path: pathOf(cloud, stats.functionName) })),
    mappings: await mappings.status(),
    schedules: schedules.status(),
    outputs: cloud.outputs,
    logDir: logs.dir,
  });
  const schedules = schedulesOf(cloud.schedules, {
    enqueue: (functionName, event) => asynchronous.enqueue(functionName, event),
    invoke: (functionName, event) => host.invoke(functionName, event),
    clock: Date.now,
    newId: randomUUID,
    account: engine.account,
    region: engine.region,
  });
  // Before the host, whose functions are told the gateway's address; no request can come in between the two, as nothing
  // is awaited there.
  const gateway = startGateway({
    apis: cloud.apis,
    at: port,
    invoke: (functionName, event) => host.invoke(functionName, event),
    account: engine.account,
    clock: Date.now,
    newRequestId: randomUUID,
    prefixes: [
      statusHandler(async () => (isUp ? status() : undefined)),
      scheduleRunHandler(schedules),
      ...lambdaApi({
        functions: () => functions,
        invoke: (functionName, event) => host.invoke(functionName, event),
        enqueue: (functionName, event) => asynchronous.enqueue(functionName, event),
        mappings: () => mappings,
        newRequestId: randomUUID,
      }),
    ],
    onError: (error) => log(`gateway: ${error instanceof Error ? error.message : String(error)}`),
  });
  const apis = (): CloudStatus['apis'] =>
    cloud.apis.flatMap(({ name, apiId }) => {
      const url = gateway.apiUrl(apiId);
      return url === undefined ? [] : [{ name, url }];
    });
  const host = createFunctionHost({
    functions: cloud.functions,
    maxEnvironments: config.maxEnvironments,
    environment: () => localEnvironment(engine, gateway.url, join(stateDir, 'compile-cache')),
    onLog: (functionName, line) => logs.write(functionName, line),
    clock: () => performance.timeOrigin + performance.now(),
    newRequestId: randomUUID,
    ...(options.onInvocation && { onInvocation: options.onInvocation }),
  });
  const asynchronous = asynchronousInvocations({ invoke: host.invoke, clock: Date.now, log });
  onStop(() => host.stop());
  onStop(async () => asynchronous.stop());
  onStop(() => gateway.stop());

  const startSource = (mapping: MappingModel, tally: Tally): Promise<EventSource> => {
    const ports = { invoke: host.invoke, clock: Date.now, random: Math.random, log, tally };
    return mapping.kind === 'kafka'
      ? startKafkaEventSource(mapping, {
          ...ports,
          bootstrapServers: engine.bootstrapServers,
          emulation: config.emulation,
          newId: randomUUID,
        })
      : startStreamEventSource(mapping, {
          ...ports,
          awsEndpoint: engine.awsEndpoint,
          region: engine.region,
          checkpoints,
        });
  };
  const mappings = eventSourceMappings(cloud.mappings, {
    startSource,
    enabled: enabledFile(join(stateDir, 'enabled.json')),
    clock: Date.now,
    log,
  });
  onStop(() => mappings.stop());
  const [broken] = await Promise.all([host.warmUp(), mappings.start()]);
  refuseBroken(broken);
  schedules.start();
  onStop(async () => schedules.stop());
  isUp = true;
  const watching = new AbortController();
  onStop(async () => watching.abort());
  const emptied = new Promise<LocalCloudError>((tell) => {
    if (holdings) void untilEmptied(engine, holdings, watching.signal).then((error) => error && tell(error));
  });

  async function hold(external: Engine, model: CloudModel): Promise<Holdings> {
    if (!options.throwAway) return noteHoldings(external, model, stateDir);
    const made = await newHoldings(external, model);
    onStop(() => deleteHoldings(external, made));
    return made;
  }

  async function reload(newer: Assembly): Promise<Reload> {
    const next = honouredModel(newer, config, runningFacts);
    const { replaceable, restart } = modelDifference({ ...cloud, functions }, next);
    functions = functions.map((fn) => replaceable.find(({ name }) => name === fn.name) ?? fn);
    const failures = await Promise.all(replaceable.map((fn) => host.replace(fn)));
    return {
      replaced: replaceable.map(({ path }) => path),
      broken: failures.filter((failure) => failure !== undefined),
      restart,
    };
  }

  return { url: gateway.url, engine, model: cloud, apis: apis(), emptied, status, reload, stop };
}

/** One after the other, each even if an earlier one failed; then the first failure is thrown. */
async function endAll(ends: readonly (() => Promise<void>)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const end of ends) await end().catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw failures[0];
}

function factsBeforeTables(bootstrapServers: string): EngineFacts {
  return { account: ACCOUNT, region: REGION, bootstrapServers, streamArn: () => undefined };
}

function pathOf(cloud: CloudModel, functionName: string): string {
  return cloud.functions.find(({ name }) => name === functionName)?.path ?? functionName;
}

function refuseBroken(broken: readonly LoadFailure[]): void {
  if (broken.length === 0) return;
  const lines = broken.map(
    ({ functionName, errorType, errorMessage }) => `${functionName}: ${errorType}: ${errorMessage}`,
  );
  throw new LocalCloudError('FUNCTION_NOT_LOADED', `functions that don't load:\n  ${lines.join('\n  ')}`, {
    remedy: ['The log of the function has its output: .millrace/logs/<function>.log'],
  });
}
