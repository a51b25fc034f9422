import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readAssembly } from '../../local/assembly/read.ts';
import { unlessInterrupted } from '../../local/cli/interruption.ts';
import { synthesize } from '../../local/cli/synthesize.ts';
import { duration, type Terminal } from '../../local/cli/terminal.ts';
import { type LocalCloud, type LocalCloudOptions, startLocalCloud } from '../../local/cloud.ts';
import { type LocalConfig, readLocalConfig } from '../../local/config.ts';
import { chooseEngine } from '../../local/engines/choose.ts';
import { addressesGiven, type Engine } from '../../local/engines/engine.ts';
import { stateDirOf, writeRunFile } from '../../local/run-file.ts';

/** What a demo brings to its stage beside the app. */
export interface Staging extends Pick<LocalCloudOptions, 'onInvocation'> {
  readonly projectDir: string;
  /** Cloud assembly folder. @default - the project's app is synthesized */
  readonly app?: string | undefined;
  /** Its own, or one that runs: nothing of the app may be there yet, and what it makes there goes at the end. @default embedded */
  readonly engine?: Engine['kind'] | undefined;
  /** Changes what `millrace.json` says. @default - nothing is changed */
  readonly configure?: (config: LocalConfig) => LocalConfig;
  /** Called with what the cloud tells while it runs. @default - it is shown as progress */
  readonly log?: (line: string) => void;
  /** Called when the engine is up. */
  readonly onEngine?: (engine: Engine) => void;
}

/** A cloud on stage, and how long it took to come up, in milliseconds. */
export interface Stage {
  readonly cloud: LocalCloud;
  /** Where commands find it running, as in a project's folder. */
  readonly dir: string;
  readonly startedMs: number;
  /** Tells a person what is being done, with the time since the beginning. */
  readonly progress: (step: string) => void;
}

/** Runs `act` against the whole system, on free ports in a throw-away folder. Nothing is left behind, whatever happens. */
export async function onStage<T>(
  {
    projectDir,
    app,
    engine: wanted = 'embedded',
    configure = (config) => config,
    onEngine,
    log,
    ...options
  }: Staging,
  terminal: Terminal,
  interrupted: AbortSignal,
  act: (stage: Stage) => Promise<T>,
): Promise<T> {
  const dir = await mkdtemp(join(tmpdir(), 'orderly-demo-'));
  const begin = performance.now();
  const progress = (step: string) =>
    terminal.progress(`${duration(performance.now() - begin).padStart(7)}  ${step}`);
  const loadAssembly = async (unwanted: AbortSignal) => {
    if (app !== undefined) return readAssembly(app);
    progress('synthesizing the CDK app');
    await synthesize(projectDir, join(dir, 'cdk.out'), unwanted);
    return readAssembly(join(dir, 'cdk.out'));
  };

  let starting: Promise<LocalCloud> | undefined;
  try {
    const config = configure(await readLocalConfig(join(projectDir, 'millrace.json')));
    starting = startLocalCloud({
      loadAssembly,
      startEngine: async () => {
        const embedded = { dataDir: join(dir, 'engine'), progress, log: () => undefined };
        const engine = await chooseEngine({ wanted, given: addressesGiven(process.env), embedded });
        onEngine?.(engine);
        return engine;
      },
      config,
      stateDir: stateDirOf(dir),
      throwAway: true,
      port: 0,
      interrupted,
      progress,
      log: log ?? terminal.progress,
      ...options,
    });
    const cloud = await unlessInterrupted(starting, interrupted);
    writeRunFile(stateDirOf(dir), { pid: process.pid, url: cloud.url });
    const startedMs = performance.now() - begin;
    return await unlessInterrupted(act({ cloud, dir, startedMs, progress }), interrupted);
  } finally {
    // One that fails to start puts itself away, and its failure is on its way out already.
    await (await starting?.catch(() => undefined))?.stop();
    await rm(dir, { recursive: true, force: true });
    if (interrupted.aborted) terminal.progress('stopped');
  }
}

/** How long each step of a demo took, in milliseconds, in the order they ran. */
export type Phases = readonly (readonly [phase: string, milliseconds: number])[];

/** Runs steps one after another, tells of each as it begins, and keeps how long it took. */
export function phases(progress: (text: string) => void): {
  phase<T>(name: string, work: () => Promise<T>): Promise<T>;
  readonly taken: Phases;
} {
  const taken: [string, number][] = [];
  return {
    taken,
    async phase(name, work) {
      progress(name);
      const start = performance.now();
      try {
        return await work();
      } finally {
        taken.push([name, performance.now() - start]);
      }
    },
  };
}

/** The function that reads as a consumer group. */
export function functionOf({ model }: LocalCloud, groupId: string): string | undefined {
  return model.mappings.find((mapping) => mapping.kind === 'kafka' && mapping.groupId === groupId)
    ?.functionName;
}
