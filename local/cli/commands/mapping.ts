import { LambdaClient } from '@aws-sdk/client-lambda';
import { LocalCloudError } from '../../errors.ts';
import type { App } from '../app.ts';
import { type AppAddress, appAt } from '../app.ts';
import { type MappingApi, type MappingConfiguration, mappingApi, sourceOf } from '../mapping-api.ts';
import { namedMapping } from '../named-mapping.ts';
import { type Terminal, table } from '../terminal.ts';

interface JsonOption {
  readonly json: boolean;
}

/** `millrace mapping list`: every event source mapping with its state. */
export async function listMappings(at: AppAddress, { json }: JsonOption, terminal: Terminal): Promise<void> {
  const app = await appAt(at);
  const mappings = await mappingsOf(app);
  if (json) terminal.out(JSON.stringify(mappings));
  else terminal.out(describeMappings(app, mappings));
}

/** All event source mappings of an app. */
export function mappingsOf(app: App): Promise<readonly MappingConfiguration[]> {
  return withMappingApi(app, (api) => api.list());
}

/** Event source mappings as a person reads them. */
export function describeMappings(app: App, mappings: readonly MappingConfiguration[]): string {
  if (mappings.length === 0) return 'The app has no event source mapping.';
  const rows = mappings.map((mapping) => [
    sourceOf(mapping),
    app.functionLabel(mapping.FunctionArn),
    mapping.State,
    mapping.LastProcessingResult ?? '–',
    mapping.UUID,
  ]);
  return table([['source', 'function', 'state', 'last result', 'uuid'], ...rows]);
}

/**
 * `millrace mapping enable | disable <name>`: resolves when the mapping has come to that state, which for a disabled one
 * is when the invocations in flight have ended. It stays so over restarts of the local cloud, and on AWS until somebody
 * enables it or deploys a change to it.
 *
 * @param name of a consumer group, a function or a mapping's UUID, or a part of one
 */
export async function switchMapping(
  at: AppAddress,
  { name, enabled }: { readonly name: string; readonly enabled: boolean },
  { json }: JsonOption,
  terminal: Terminal,
): Promise<void> {
  const app = await appAt(at);
  const settled = await withMappingApi(app, async (api) => {
    const { UUID } = namedMapping(app, await api.list(), name);
    const asked = await api.setEnabled(UUID, enabled);
    if (asked.State === 'Disabling') terminal.progress('waiting for the invocations in flight');
    return api.settled(asked);
  });
  if (settled.State !== (enabled ? 'Enabled' : 'Disabled')) {
    const message = `${sourceOf(settled)} is ${settled.State}: ${settled.StateTransitionReason}`;
    throw new LocalCloudError('PROVISIONING_FAILED', message, { retriable: true });
  }
  terminal.out(json ? JSON.stringify(settled) : `${sourceOf(settled)}: ${settled.State}`);
}

/** The mappings' API of an app, for as long as `work` takes. */
export async function withMappingApi<T>(app: App, work: (api: MappingApi) => Promise<T>): Promise<T> {
  const isOurs = await app.mappingFilter();
  const client = new LambdaClient(app.lambda);
  try {
    return await work(mappingApi(client, isOurs));
  } finally {
    client.destroy();
  }
}
