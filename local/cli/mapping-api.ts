import { setTimeout as delay } from 'node:timers/promises';
import {
  type EventSourceMappingConfiguration,
  GetEventSourceMappingCommand,
  type LambdaClient,
  paginateListEventSourceMappings,
  ResourceInUseException,
  UpdateEventSourceMappingCommand,
} from '@aws-sdk/client-lambda';
import { LocalCloudError } from '../errors.ts';

const LOOK_EVERY_MS = 250;

/** An event source mapping as the Lambda API tells it, with what every one has. */
export type MappingConfiguration = EventSourceMappingConfiguration & {
  readonly UUID: string;
  readonly State: string;
  readonly FunctionArn: string;
};

/** The part of the Lambda API that is about event source mappings, of AWS or of a running local cloud. */
export interface MappingApi {
  list(): Promise<readonly MappingConfiguration[]>;
  get(uuid: string): Promise<MappingConfiguration>;
  /** Rejects with `MAPPING_IN_USE` while it is between two states. */
  setEnabled(uuid: string, enabled: boolean): Promise<MappingConfiguration>;
  /** Waits while it is between two states, whose names end in `ing`. */
  settled(mapping: MappingConfiguration): Promise<MappingConfiguration>;
}

/** @param isOurs by its UUID; an account may have mappings of other apps. @default all are */
export function mappingApi(client: LambdaClient, isOurs: (uuid: string) => boolean = () => true): MappingApi {
  const get = async (UUID: string) => whole(await client.send(new GetEventSourceMappingCommand({ UUID })));
  return {
    get,
    async list() {
      const all: MappingConfiguration[] = [];
      for await (const page of paginateListEventSourceMappings({ client }, {})) {
        all.push(...(page.EventSourceMappings ?? []).map(whole));
      }
      return all.filter(({ UUID }) => isOurs(UUID));
    },
    async settled(asked) {
      let mapping = asked;
      while (mapping.State.endsWith('ing')) {
        await delay(LOOK_EVERY_MS);
        mapping = await get(mapping.UUID);
      }
      return mapping;
    },
    async setEnabled(uuid, enabled) {
      try {
        return whole(
          await client.send(new UpdateEventSourceMappingCommand({ UUID: uuid, Enabled: enabled })),
        );
      } catch (cause) {
        if (!(cause instanceof ResourceInUseException)) throw cause;
        throw new LocalCloudError('MAPPING_IN_USE', cause.message, { cause, retriable: true });
      }
    },
  };
}

/** What is read and as whom: `orders as email-service`, or the table of a stream. */
export function sourceOf(mapping: MappingConfiguration): string {
  const { Topics = [], AmazonManagedKafkaEventSourceConfig: kafka, EventSourceArn = '' } = mapping;
  if (kafka?.ConsumerGroupId !== undefined) return `${Topics.join(', ')} as ${kafka.ConsumerGroupId}`;
  return /:table\/([^/]+)\//.exec(EventSourceArn)?.[1] ?? EventSourceArn;
}

/** The API has all three in every answer; its model says they may be absent. */
function whole(mapping: EventSourceMappingConfiguration): MappingConfiguration {
  const { UUID = '', State = '', FunctionArn = '' } = mapping;
  return { ...mapping, UUID, State, FunctionArn };
}
