import { LocalCloudError } from '../../local/errors.ts';
import { mappingApi } from '../mapping-api.ts';
import { functionPath, labelOf, namedMapping } from '../named-mapping.ts';
import { runningCloud } from '../running-cloud.ts';
import { type Terminal, table } from '../terminal.ts';

interface JsonOption {
  readonly json: boolean;
}

/** `orderly mapping list`: every event source mapping with its state. */
export async function listMappings(
  projectDir: string,
  { json }: JsonOption,
  terminal: Terminal,
): Promise<void> {
  const { url, status } = await runningCloud(projectDir);
  const mappings = await mappingApi(url).list();
  if (json) return terminal.out(JSON.stringify(mappings));
  if (mappings.length === 0) return terminal.out('The app has no event source mapping.');
  const rows = mappings.map((mapping) => [
    labelOf(status, mapping),
    functionPath(status, mapping),
    mapping.State,
    mapping.LastProcessingResult ?? '–',
    mapping.UUID,
  ]);
  terminal.out(table([['source', 'function', 'state', 'last result', 'uuid'], ...rows]));
}

/**
 * `orderly mapping enable | disable <name>`: resolves when the mapping has come to that state, which for a disabled one
 * is when the invocations in flight have ended. It stays so over restarts of the local cloud.
 *
 * @param name of a consumer group, a function or a mapping's UUID, or a part of one
 */
export async function switchMapping(
  projectDir: string,
  { name, enabled }: { readonly name: string; readonly enabled: boolean },
  { json }: JsonOption,
  terminal: Terminal,
): Promise<void> {
  const { url, status } = await runningCloud(projectDir);
  const api = mappingApi(url);
  const { UUID } = namedMapping(status, await api.list(), name);
  const asked = await api.setEnabled(UUID, enabled);
  if (asked.State === 'Disabling') terminal.progress('waiting for the invocations in flight');
  const settled = await api.settled(asked);
  if (settled.State !== (enabled ? 'Enabled' : 'Disabled')) {
    const message = `${labelOf(status, settled)} is ${settled.State}: ${settled.StateTransitionReason}`;
    throw new LocalCloudError('PROVISIONING_FAILED', message, { retriable: true });
  }
  terminal.out(json ? JSON.stringify(settled) : `${labelOf(status, settled)}: ${settled.State}`);
}
