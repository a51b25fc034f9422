import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { LocalCloudError } from '../errors.ts';
import type { MappingModel } from '../resources/event-source-mapping.ts';

/** Remembers which event source mappings somebody has enabled or disabled at run time. */
export interface EnabledStore {
  /** What was asked for last; the template's `Enabled` if nothing was, or if it has changed since. */
  load(mapping: Pick<MappingModel, 'uuid' | 'enabled'>): boolean;
  save(mapping: Pick<MappingModel, 'uuid' | 'enabled'>, enabled: boolean): void;
}

/** By UUID; `template` is the template's own value at that time. */
const file = z.record(z.string(), z.object({ enabled: z.boolean(), template: z.boolean() }));

/**
 * An `EnabledStore` in a JSON file, written at once and as a whole.
 *
 * A changed `Enabled` of the template wins over what was asked for before, as a deployment that changes it would. A file
 * that isn't there is empty; one that can't be read is a `CONFIG_INVALID`.
 */
export function enabledFile(path: string): EnabledStore {
  const saved = new Map(Object.entries(read(path)));
  return {
    load({ uuid, enabled }) {
      const found = saved.get(uuid);
      return found?.template === enabled ? found.enabled : enabled;
    },
    save(mapping, enabled) {
      saved.set(mapping.uuid, { enabled, template: mapping.enabled });
      mkdirSync(dirname(path), { recursive: true });
      const next = `${path}.next`;
      writeFileSync(next, JSON.stringify(Object.fromEntries(saved), null, 2));
      renameSync(next, path);
    },
  };
}

function read(path: string): z.infer<typeof file> {
  try {
    return file.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return {};
    throw new LocalCloudError('CONFIG_INVALID', `What is enabled, in ${path}, can't be read.`, {
      remedy: ['Delete the file; the template then says again which event source mappings are enabled.'],
      cause,
    });
  }
}
