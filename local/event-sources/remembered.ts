/**
 * What event source mappings remember from one run of the local cloud to the next: whether somebody has enabled or disabled them,
 * and how far each shard of a stream has been handled. Both are JSON files that are written as a whole; one that isn't there is
 * empty, and one that can't be read is a `CONFIG_INVALID`.
 */
import { z } from 'zod';
import { readJsonFile, writeJsonFile } from '../json.ts';
import type { MappingModel } from '../resources/event-source-mapping.ts';

/** Remembers which event source mappings somebody has enabled or disabled at run time. */
export interface EnabledStore {
  /** What was asked for last; the template's `Enabled` if nothing was, or if it has changed since. */
  load(mapping: Pick<MappingModel, 'uuid' | 'enabled'>): boolean;
  save(mapping: Pick<MappingModel, 'uuid' | 'enabled'>, enabled: boolean): void;
}

/** By UUID; `template` is the template's own value at that time. */
const EnabledByUuid = z.record(z.string(), z.object({ enabled: z.boolean(), template: z.boolean() }));

/**
 * An `EnabledStore` in a file that is written at once. A changed `Enabled` of the template wins over what was asked for before,
 * as a deployment that changes it would.
 */
export function enabledFile(path: string): EnabledStore {
  const read = readJsonFile(path, EnabledByUuid, {
    what: 'What is enabled',
    remedy: 'Delete the file; the template then says again which event source mappings are enabled.',
  });
  const saved = new Map(Object.entries(read ?? {}));
  return {
    load({ uuid, enabled }) {
      const found = saved.get(uuid);
      return found?.template === enabled ? found.enabled : enabled;
    },
    save(mapping, enabled) {
      saved.set(mapping.uuid, { enabled, template: mapping.enabled });
      writeJsonFile(path, Object.fromEntries(saved));
    },
  };
}

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

/**
 * Checkpoints in a file that is written at most four times a second: a kill loses the last quarter of a second, never the file.
 * What is lost is delivered again. Positions that can't be written are kept and written later; `complain` is told the first time.
 */
export function fileCheckpoints(path: string, complain: (line: string) => void): FileCheckpoints {
  const read = readJsonFile(path, z.record(z.string(), z.string()), {
    what: 'The stream positions',
    remedy: 'Delete the file; the streams are then read from their starting position again.',
  });
  const positions = new Map(Object.entries(read ?? {}));
  let timer: NodeJS.Timeout | undefined;
  let failed = false;

  function flush(): void {
    if (timer === undefined) return;
    clearTimeout(timer);
    timer = undefined;
    writeJsonFile(path, Object.fromEntries(positions));
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
