import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { z } from 'zod';
import { toRun } from '../command-line.ts';
import { LocalCloudError } from '../errors.ts';
import { spawnGuarded } from '../processes/guarded.ts';

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
  refuseFolder(projectDir);
  const { app, context } = CdkJson.parse(await readJson(join(projectDir, 'cdk.json')));
  const lookedUp = await readLookedUp(join(projectDir, 'cdk.context.json'));
  const modules = join(projectDir, 'node_modules');
  const output: string[] = [];
  const child = spawnGuarded('/bin/sh', ['-c', app], {
    cwd: projectDir,
    grace: 'kill',
    onOutput: (line) => output.push(line),
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
  });
  unwanted?.addEventListener('abort', () => void child.stop());
  const { code } = await child.exited;
  if (code !== 0) {
    throw new LocalCloudError('ASSEMBLY_UNREADABLE', `the CDK app failed: ${app}\n${output.join('\n')}`, {
      remedy: ['Run `npx cdk synth` to see the same error with its full output.'],
    });
  }
}

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
