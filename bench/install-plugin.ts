import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../local/processes/run.ts';
import { OFFLINE_HOST, OFFLINE_PLUGIN } from './contenders/offline-plugin.ts';

/**
 * Installs the npm package and its host into a folder of their own; `undefined` where npm can't. The Serverless
 * Framework itself, a peer dependency, is left out: none of it runs between the topic and the function.
 */
export async function installPlugin(folder: string): Promise<string | undefined> {
  const packageDir = join(folder, 'offline-plugin');
  await mkdir(packageDir);
  await writeFile(join(packageDir, 'package.json'), '{"private":true}');
  const quiet = ['--no-audit', '--no-fund', '--ignore-scripts', '--legacy-peer-deps'];
  const { exit } = await run('npm', ['install', ...quiet, OFFLINE_HOST, OFFLINE_PLUGIN], {
    cwd: packageDir,
    env: process.env,
  });
  return exit.code === 0 ? packageDir : undefined;
}
