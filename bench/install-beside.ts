import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../local/processes/run.ts';

/**
 * Installs a contender's npm packages, each with its exact version, into `<folder>/<name>` and not into this project;
 * `undefined` where npm can't. Peer dependencies come only where they are named: the Serverless Framework, a peer of the
 * offline plugin, is large, and none of it runs between the topic and the function.
 */
export async function installBeside(
  folder: string,
  name: string,
  packages: readonly string[],
): Promise<string | undefined> {
  const packageDir = join(folder, name);
  await mkdir(packageDir);
  await writeFile(join(packageDir, 'package.json'), '{"private":true}');
  const quiet = ['--no-audit', '--no-fund', '--ignore-scripts', '--legacy-peer-deps'];
  const { exit } = await run('npm', ['install', ...quiet, ...packages], {
    cwd: packageDir,
    env: process.env,
  });
  return exit.code === 0 ? packageDir : undefined;
}
