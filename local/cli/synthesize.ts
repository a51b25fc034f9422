import { existsSync, statSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { z } from 'zod';
import { toRun } from '../command-line.ts';
import { LocalCloudError } from '../errors.ts';
import { type GuardedProcess, spawnGuarded } from '../processes/guarded.ts';

/** The variable that names the folder in which `stand-by.ts` is told to go on, and the file that tells it. */
const STAND_BY = 'MILLRACE_STAND_BY';
const GO = 'go';

const CdkJson = z.object({
  app: z.string(),
  context: z.record(z.string(), z.unknown()).default({}),
});

/** What the CDK CLI sets when it runs an app, so that resources carry their construct paths. */
const METADATA = { 'aws:cdk:enable-path-metadata': true, 'aws:cdk:enable-asset-metadata': true };

/**
 * Synthesizes the CDK app of a folder into `outdir`, by running the command of its cdk.json as the CDK CLI does, without
 * the CLI's own start-up. `unwanted` ends the app's process; `more` is context over that of cdk.json.
 *
 * Throws `LocalCloudError` `ASSEMBLY_UNREADABLE` with the app's output when it fails, and `CONFIG_INVALID` for a folder
 * whose name no Node project can have.
 */
export async function synthesize(
  projectDir: string,
  outdir: string,
  unwanted?: AbortSignal,
  more: Readonly<Record<string, string>> = {},
): Promise<void> {
  await finished(runApp(projectDir, await appCommand(projectDir, outdir, more)), unwanted);
}

/** What an app is synthesized by. */
interface AppCommand {
  /** For a shell. */
  readonly app: string;
  /** The app's whole environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

interface RunningApp {
  readonly app: string;
  readonly process: GuardedProcess;
  readonly output: readonly string[];
}

async function appCommand(
  projectDir: string,
  outdir: string,
  more: Readonly<Record<string, string>>,
): Promise<AppCommand> {
  refuseFolder(projectDir);
  const { app, context } = CdkJson.parse(await readJson(join(projectDir, 'cdk.json')));
  const lookedUp = await readLookedUp(join(projectDir, 'cdk.context.json'));
  const modules = join(projectDir, 'node_modules');
  return {
    app,
    env: {
      // CDK is compiled once, not at each start; what comes of it goes with the modules.
      // https://nodejs.org/api/cli.html#node_compile_cachedir
      ...(existsSync(modules) && { NODE_COMPILE_CACHE: join(modules, '.cache', 'node-compile-cache') }),
      ...process.env,
      // The app's `node` is the one that runs this, whatever else is installed.
      PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
      CDK_OUTDIR: outdir,
      // CDK's own validation of templates costs two seconds; here it is judged what the local cloud can honour.
      CDK_VALIDATION: 'false',
      CDK_CONTEXT_JSON: JSON.stringify({ ...lookedUp, ...context, ...more, ...METADATA }),
    },
  };
}

function runApp(projectDir: string, { app, env }: AppCommand): RunningApp {
  const output: string[] = [];
  const process = spawnGuarded('/bin/sh', ['-c', app], {
    cwd: projectDir,
    grace: 'kill',
    onOutput: (line) => output.push(line),
    env,
  });
  return { app, process, output };
}

async function finished({ app, process, output }: RunningApp, unwanted?: AbortSignal): Promise<void> {
  const end = () => void process.stop();
  unwanted?.addEventListener('abort', end);
  const { code } = await process.exited;
  unwanted?.removeEventListener('abort', end);
  if (code === 0) return;
  throw new LocalCloudError('ASSEMBLY_UNREADABLE', `the CDK app failed: ${app}\n${output.join('\n')}`, {
    remedy: ['Run `npx cdk synth` to see the same error with its full output.'],
  });
}

/** Syntheses of one app, one after the other. */
export interface Syntheses {
  /** As `synthesize`, by the process that stands by if there is one. */
  synthesize(unwanted?: AbortSignal): Promise<void>;
  /** Starts the process of the next one, which loads of CDK what the one before has loaded, and waits (`stand-by.ts`). */
  prepare(): Promise<void>;
  /** Ends the process that stands by. */
  stop(): Promise<void>;
}

/**
 * Syntheses of the app of a folder for whoever makes many: half of each is CDK being loaded, which can be done before there is anything
 * to synthesize. `folder` is for what their processes are told and tell; what `synthesize` is given counts here, too.
 */
export function syntheses(
  projectDir: string,
  outdir: string,
  folder: string,
  context: Readonly<Record<string, string>> = {},
): Syntheses {
  let count = 0;
  let standing: Promise<StandingApp> | undefined;
  let stopped = false;

  async function start(command: AppCommand): Promise<StandingApp> {
    count += 1;
    const told = join(folder, String(count));
    // An earlier run may have been killed before it could put it away.
    await rm(told, { recursive: true, force: true });
    await mkdir(told, { recursive: true });
    const NODE_OPTIONS = [command.env.NODE_OPTIONS, `--import=${standBy}`].join(' ').trim();
    const running = runApp(projectDir, {
      ...command,
      env: { ...command.env, NODE_OPTIONS, [STAND_BY]: told },
    });
    const app = { ...running, key: keyOf(projectDir, command), told, ended: false };
    void running.process.exited.then(() => {
      app.ended = true;
    });
    return app;
  }

  /** The one that stands by, if it is what the command would start now and nobody has ended it. */
  async function stoodBy(command: AppCommand): Promise<StandingApp | undefined> {
    const app = await standing?.catch(() => undefined);
    standing = undefined;
    if (app === undefined || (app.key === keyOf(projectDir, command) && !app.ended)) return app;
    await app.process.stop();
    return undefined;
  }

  return {
    async synthesize(unwanted) {
      const command = await appCommand(projectDir, outdir, context);
      const app = (await stoodBy(command)) ?? (await start(command));
      await writeFile(join(app.told, GO), '');
      await finished(app, unwanted).finally(() => rm(app.told, { recursive: true, force: true }));
    },
    async prepare() {
      if (stopped) return;
      standing ??= appCommand(projectDir, outdir, context).then(start);
      await standing;
    },
    async stop() {
      stopped = true;
      const app = await standing?.catch(() => undefined);
      await app?.process.stop();
    },
  };
}

interface StandingApp extends RunningApp {
  /** What it was started by. */
  readonly key: string;
  /** The folder in which it is told to go on. */
  readonly told: string;
  ended: boolean;
}

/** Another one for another command, environment or CDK. A package's files are as old as it is: their inodes tell when it was installed. */
function keyOf(projectDir: string, command: AppCommand): string {
  const cdk = join(projectDir, 'node_modules/aws-cdk-lib/package.json');
  return JSON.stringify([command, statSync(cdk, { throwIfNoEntry: false })?.ctimeMs]);
}

/** In TypeScript or compiled, as this file is. */
const standBy = new URL(`./stand-by${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);

/** What CDK has looked up in an account before, if anything. */
async function readLookedUp(path: string): Promise<Readonly<Record<string, unknown>>> {
  return existsSync(path) ? z.record(z.string(), z.unknown()).parse(await readJson(path)) : {};
}

/** Characters of a path that something besides this project can't do with. */
const IMPOSSIBLE = {
  [delimiter]: 'PATH separates folders by it, so that no command of node_modules is found',
  '\\': 'Node loads no module from there, and npm takes it for a slash',
} as const;

function refuseFolder(projectDir: string): void {
  for (const [character, why] of Object.entries(IMPOSSIBLE)) {
    if (!projectDir.includes(character)) continue;
    throw new LocalCloudError(
      'CONFIG_INVALID',
      `the path of ${projectDir} has a ${character} in it: ${why}`,
      {
        remedy: ['Give the folder another name; any other character will do.'],
      },
    );
  }
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw new LocalCloudError('ASSEMBLY_UNREADABLE', `cannot read ${path}`, {
      cause,
      remedy: [
        `Run ${toRun('up')} in the folder of a CDK app, or name a cloud assembly with --app <folder>.`,
      ],
    });
  }
}
