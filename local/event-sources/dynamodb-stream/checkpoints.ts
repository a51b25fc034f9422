import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { LocalCloudError } from '../../errors.ts';

/** Remembers how far each shard of a stream has been handled; a stream keeps no positions for its readers. */
export interface CheckpointStore {
  /** The last sequence number saved under `key`. */
  load(key: string): string | undefined;
  save(key: string, sequenceNumber: string): void;
}

export interface FileCheckpoints extends CheckpointStore {
  /** Writes what isn't written yet. Call it after the event sources have stopped. */
  flush(): void;
}

const WRITE_EVERY_MS = 250;
const file = z.record(z.string(), z.string());

/**
 * Checkpoints in a JSON file, written at most four times a second and always as a whole: a kill loses the last quarter
 * of a second, never the file. What is lost is delivered again.
 *
 * Positions that can't be written are kept and written later; `complain` is told the first time.
 *
 * A file that isn't there is empty; one that can't be read is a `CONFIG_INVALID`.
 */
export function fileCheckpoints(path: string, complain: (line: string) => void): FileCheckpoints {
  const positions = new Map(Object.entries(read(path)));
  let timer: NodeJS.Timeout | undefined;
  let failed = false;

  function flush(): void {
    if (timer === undefined) return;
    clearTimeout(timer);
    timer = undefined;
    mkdirSync(dirname(path), { recursive: true });
    const next = `${path}.next`;
    writeFileSync(next, JSON.stringify(Object.fromEntries(positions), null, 2));
    renameSync(next, path);
  }

  function flushLater(): void {
    timer ??= setTimeout(() => {
      try {
        flush();
        failed = false;
      } catch (error) {
        if (!failed) complain(`the positions in ${path} can't be written: ${String(error)}`);
        failed = true;
        flushLater();
      }
    }, WRITE_EVERY_MS).unref();
  }

  return {
    load: (key) => positions.get(key),
    save(key, sequenceNumber) {
      positions.set(key, sequenceNumber);
      flushLater();
    },
    flush,
  };
}

function read(path: string): Record<string, string> {
  try {
    return file.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return {};
    throw new LocalCloudError('CONFIG_INVALID', `The stream positions in ${path} can't be read.`, {
      remedy: ['Delete the file; the streams are then read from their starting position again.'],
      cause,
    });
  }
}
