import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { z } from 'zod';
import { LocalCloudError } from './errors.ts';

/** The value that a text is the JSON of; `undefined`, which is no JSON value, where it is none. */
export function tryJson(json: string | Uint8Array): unknown {
  try {
    return JSON.parse(typeof json === 'string' ? json : Buffer.from(json).toString());
  } catch {
    return undefined;
  }
}

/** Whether a text is JSON. */
export function isJson(text: string): boolean {
  return tryJson(text) !== undefined;
}

/** What a JSON file holds; `undefined` if there is no file. `CONFIG_INVALID` if it can't be read, with `what` it is and the remedy. */
export function readJsonFile<T>(
  path: string,
  schema: z.ZodType<T>,
  { what, remedy }: { readonly what: string; readonly remedy: string },
): T | undefined {
  try {
    return schema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw new LocalCloudError('CONFIG_INVALID', `${what}, in ${path}, can't be read.`, {
      remedy: [remedy],
      cause,
    });
  }
}

/**
 * Writes a JSON file whole or not at all, whatever ends this process meanwhile, and makes its folder. For the eyes of its owner
 * alone.
 */
export function writeJsonFile(path: string, content: object): void {
  mkdirSync(dirname(path), { recursive: true });
  const next = `${path}.next`;
  writeFileSync(next, JSON.stringify(content, null, 2), { mode: 0o600 });
  renameSync(next, path);
}
