import type { CloudStatus } from '../../local/cloud-status.ts';
import { LocalCloudError } from '../../local/errors.ts';
import { type MappingConfiguration, mappingApi } from '../mapping-api.ts';
import { runningCloud } from '../running-cloud.ts';
import { type Terminal, table } from '../terminal.ts';
import { theOne } from '../the-one.ts';

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
  const { UUID } = chosen(status, await api.list(), name);
  const asked = await api.setEnabled(UUID, enabled);
  if (asked.State === 'Disabling') terminal.progress('waiting for the invocations in flight');
  const settled = await api.settled(asked);
  if (settled.State !== (enabled ? 'Enabled' : 'Disabled')) {
    const message = `${labelOf(status, settled)} is ${settled.State}: ${settled.StateTransitionReason}`;
    throw new LocalCloudError('PROVISIONING_FAILED', message, { retriable: true });
  }
  terminal.out(json ? JSON.stringify(settled) : `${labelOf(status, settled)}: ${settled.State}`);
}

function chosen(
  status: CloudStatus,
  mappings: readonly MappingConfiguration[],
  name: string,
): MappingConfiguration {
  const choice = theOne(mappings, name, (mapping) => [
    mapping.UUID,
    mapping.AmazonManagedKafkaEventSourceConfig?.ConsumerGroupId ?? '',
    functionPath(status, mapping),
  ]);
  if (choice.kind === 'one') return choice.item;
  const candidates = choice.kind === 'several' ? choice.items : mappings;
  const lines = candidates.map((mapping) => `${mapping.UUID}  ${labelOf(status, mapping)}`);
  throw new LocalCloudError(
    'MAPPING_NOT_FOUND',
    choice.kind === 'several'
      ? `${name} may be several event source mappings`
      : `there is no event source mapping ${name}`,
    { remedy: lines.length === 0 ? ['The app has none.'] : ['Name one of these:', ...lines] },
  );
}

/** `orders as email-service`; a mapping that hasn't been started yet has no source to name. */
function labelOf({ mappings }: CloudStatus, { UUID }: MappingConfiguration): string {
  return mappings.find(({ uuid }) => uuid === UUID)?.source ?? UUID;
}

function functionPath({ functions }: CloudStatus, { FunctionArn }: MappingConfiguration): string {
  const name = FunctionArn.split(':')[6];
  return functions.find(({ functionName }) => functionName === name)?.path ?? FunctionArn;
}
