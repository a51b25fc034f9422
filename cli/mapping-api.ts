import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { LocalCloudError } from '../local/errors.ts';

const LOOK_EVERY_MS = 100;

/** What the commands read of `EventSourceMappingConfiguration`; the rest of it is kept for `--json`. */
const Configuration = z.looseObject({
  UUID: z.string(),
  State: z.string(),
  StateTransitionReason: z.string(),
  LastProcessingResult: z.string().optional(),
  FunctionArn: z.string(),
  Topics: z.array(z.string()).optional(),
  AmazonManagedKafkaEventSourceConfig: z.object({ ConsumerGroupId: z.string() }).optional(),
});
const Page = z.object({ EventSourceMappings: z.array(Configuration), NextMarker: z.string().optional() });
const Failure = z.object({ message: z.string().optional(), Message: z.string().optional() });

/** An event source mapping as the Lambda API tells it. */
export type MappingConfiguration = z.infer<typeof Configuration>;

/** The part of the Lambda API of a running local cloud that is about event source mappings. */
export interface MappingApi {
  list(): Promise<readonly MappingConfiguration[]>;
  get(uuid: string): Promise<MappingConfiguration>;
  /** Rejects with `MAPPING_IN_USE` while it is between two states. */
  setEnabled(uuid: string, enabled: boolean): Promise<MappingConfiguration>;
  /** Waits while it is between two states, whose names end in `ing`. */
  settled(mapping: MappingConfiguration): Promise<MappingConfiguration>;
}

export function mappingApi(url: string): MappingApi {
  const at = (path: string) => new URL(`/2015-03-31/event-source-mappings${path}`, url);
  const get = async (uuid: string) => Configuration.parse(await call(at(`/${uuid}`)));
  return {
    async list() {
      const all: MappingConfiguration[] = [];
      let marker: string | undefined;
      do {
        const page = Page.parse(await call(at(marker === undefined ? '' : `?Marker=${marker}`)));
        all.push(...page.EventSourceMappings);
        marker = page.NextMarker;
      } while (marker !== undefined);
      return all;
    },
    get,
    async settled(asked) {
      let mapping = asked;
      while (mapping.State.endsWith('ing')) {
        await delay(LOOK_EVERY_MS);
        mapping = await get(mapping.UUID);
      }
      return mapping;
    },
    setEnabled: async (uuid, enabled) =>
      Configuration.parse(
        await call(at(`/${uuid}`), { method: 'PUT', body: JSON.stringify({ Enabled: enabled }) }),
      ),
  };
}

async function call(url: URL, init: RequestInit = {}): Promise<unknown> {
  const response = await fetch(url, init);
  const answer: unknown = await response.json();
  if (response.ok) return answer;
  const { Message, message = Message } = Failure.parse(answer);
  const type = response.headers.get('x-amzn-errortype');
  const text = message ?? `the Lambda API answered ${response.status}`;
  if (type === 'ResourceInUseException')
    throw new LocalCloudError('MAPPING_IN_USE', text, { retriable: true });
  throw new LocalCloudError('MAPPING_NOT_FOUND', text);
}
