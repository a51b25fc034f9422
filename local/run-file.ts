import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { FORMER_NAME } from './command-line.ts';
import { readJsonFile, writeJsonFile } from './json.ts';

const RunFile = z.object({
  pid: z.int().positive(),
  /** The gateway, which also answers `/_millrace/status`. */
  url: z.string(),
});

/** Where a running local cloud is to be found, as it says itself. */
export type RunFile = z.infer<typeof RunFile>;

/** The folder in which a project's local cloud keeps its data, logs and this file. */
export const stateDirOf = (projectDir: string): string => join(projectDir, '.millrace');

/**
 * The folder in which it was kept before it was called so, if it is there: nothing reads it any more. A program of that name may
 * keep other things in a folder of its own that is called so, too.
 */
export function formerStateDir(projectDir: string): string | undefined {
  const former = join(projectDir, `.${FORMER_NAME}`);
  return KEPT.some((kept) => existsSync(join(former, kept))) ? former : undefined;
}

/** What every local cloud has left in its folder: its own engine's data, or the note of what it has in another. */
const KEPT = ['engine', 'engines.json'];

const pathIn = (stateDir: string): string => join(stateDir, 'run.json');

/** Announces a local cloud; the file appears whole or not at all. */
export function writeRunFile(stateDir: string, run: RunFile): void {
  writeJsonFile(pathIn(stateDir), run);
}

/** Takes the announcement back. */
export async function removeRunFile(stateDir: string): Promise<void> {
  await rm(pathIn(stateDir), { force: true });
}

/**
 * The announced local cloud, `undefined` if there is none. One that was killed leaves its file behind, so whoever reads
 * it has to ask the address whether it still answers. `CONFIG_INVALID` if the file can't be read.
 */
export function readRunFile(stateDir: string): RunFile | undefined {
  return readJsonFile(pathIn(stateDir), RunFile, {
    what: 'Where the local cloud of this folder runs',
    remedy: 'Delete the file, once no local cloud of this folder runs any more.',
  });
}
