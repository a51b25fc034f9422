import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readAssembly } from '../../assembly/read.ts';
import { startLocalCloud } from '../../cloud.ts';
import { toStart } from '../../command-line.ts';
import { CONFIG_FILE, readLocalConfig } from '../../config.ts';
import { chooseEngine, type WantedEngine } from '../../engines/choose.ts';
import { addressesGiven, type EngineExit } from '../../engines/engine.ts';
import { LocalCloudError } from '../../errors.ts';
import { formerStateDir, removeRunFile, stateDirOf, writeRunFile } from '../../run-file.ts';
import { describeStart } from '../describe-start.ts';
import { unlessInterrupted } from '../interruption.ts';
import { reload } from '../reload.ts';
import { findRunningCloud } from '../running-cloud.ts';
import { syntheses, synthesize } from '../synthesize.ts';
import { duration, type Terminal } from '../terminal.ts';
import { watchSources } from '../watch-sources.ts';

export interface UpOptions {
  /** Cloud assembly folder. @default - the project's app is synthesized */
  readonly app?: string | undefined;
  readonly engine: WantedEngine;
  readonly port: number;
  /** Differences to live with, `Stack/LogicalId.Property`. */
  readonly accept: readonly string[];
  /** Context of the CDK app, over that of cdk.json. */
  readonly context: Readonly<Record<string, string>>;
  /** Commands to go on with, where the app is the folder's own. @default - those that any app has */
  readonly toTry?: readonly string[] | undefined;
  /** Takes over changed functions whenever a source changes. */
  readonly watch: boolean;
}

/** `up`: runs the app until it is interrupted. */
export async function up(
  projectDir: string,
  options: UpOptions,
  terminal: Terminal,
  interrupted: AbortSignal,
): Promise<never> {
  const other = await findRunningCloud(projectDir);
  if (other) {
    throw new LocalCloudError(
      'ALREADY_RUNNING',
      `a local cloud of this folder ${other.status === 'starting' ? 'is starting' : 'runs'} already, at ${other.url}`,
      {
        remedy: [`Use it, or end it first: kill ${other.pid}`],
      },
    );
  }

  const stateDir = stateDirOf(projectDir);
  const begin = performance.now();
  const elapsed = () => duration(performance.now() - begin);
  const progress = (step: string) => terminal.progress(`${elapsed().padStart(7)}  ${step}`);
  const outdir = join(stateDir, 'cdk.out');
  const prepared = options.watch
    ? syntheses(projectDir, outdir, join(stateDir, 'syntheses'), options.context)
    : undefined;
  const synthesizeAndRead = async (unwanted?: AbortSignal) => {
    if (prepared) await prepared.synthesize(unwanted);
    else await synthesize(projectDir, outdir, unwanted, options.context);
    return readAssembly(outdir);
  };
  // Without it the next change takes its time, and tells what is wrong.
  const prepare = () => prepared?.prepare().catch(() => undefined);
  const loadAssembly = async (unwanted: AbortSignal) => {
    if (options.app !== undefined) return readAssembly(options.app);
    progress('synthesizing the CDK app');
    // Every change while one watches leaves an asset behind.
    await rm(outdir, { recursive: true, force: true });
    return synthesizeAndRead(unwanted);
  };
  const config = await readLocalConfig(join(projectDir, CONFIG_FILE));
  const former = formerStateDir(projectDir);
  if (former !== undefined)
    terminal.progress(`${former} is not read any more: what is stored there stays there`);

  // Before anything starts, so that no change is missed.
  const watching = options.watch ? watchSources(projectDir, changed, cannotWatch) : undefined;
  async function changed(): Promise<void> {
    const cloud = await starting.catch(() => undefined);
    if (cloud === undefined) return;
    await reload(cloud, synthesizeAndRead, { say: terminal.progress, complain: terminal.error });
    await prepare();
  }
  function cannotWatch({ message }: Error): void {
    terminal.error(`the sources can't be watched any more: ${message}`);
  }

  const starting = startLocalCloud({
    loadAssembly,
    startEngine: () =>
      chooseEngine({
        wanted: options.engine,
        given: addressesGiven(process.env),
        embedded: { dataDir: join(stateDir, 'engine'), progress, log: () => undefined },
      }),
    config: { ...config, accept: [...config.accept, ...options.accept] },
    stateDir,
    port: options.port,
    interrupted,
    onListening: (url) => writeRunFile(stateDir, { pid: process.pid, url }),
    progress,
    log: terminal.progress,
  });
  try {
    const cloud = await unlessInterrupted(starting, interrupted);
    terminal.out(describeStart(cloud, elapsed(), options.app === undefined ? options.toTry : undefined));
    if (watching) terminal.progress('watching the sources');
    await prepare();
    const failure = Promise.race([cloud.engine.exited.then(endedByItself), cloud.emptied]);
    throw await unlessInterrupted(failure, interrupted);
  } finally {
    watching?.stop();
    // One that fails to start puts itself away, and its failure is on its way out already.
    const cloud = await starting.catch(() => undefined);
    // Not before: it is written while the cloud starts.
    await removeRunFile(stateDir);
    await cloud?.stop();
    await prepared?.stop();
    if (interrupted.aborted) terminal.progress('stopped');
  }
}

function endedByItself({ part, exit, lastOutput }: EngineExit): LocalCloudError {
  return new LocalCloudError(
    'ENGINE_UNREACHABLE',
    `${part} ended by itself (${exit.signal ?? `exit code ${exit.code}`})`,
    { remedy: [...lastOutput, `Start again: ${toStart()}`] },
  );
}
