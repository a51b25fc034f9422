import type { Tally } from '../../../../local/event-sources/delivery/tally.ts';
import {
  type EventSource,
  type EventSourceMappings,
  eventSourceMappings,
} from '../../../../local/event-sources/mappings.ts';
import type { MappingModel } from '../../../../local/resources/event-source-mapping.ts';
import type { KafkaMappingModel } from '../../../../local/resources/kafka-mapping.ts';
import type { StreamMappingModel } from '../../../../local/resources/stream-mapping.ts';

const base = (uuid: string, functionName: string) => ({
  logicalId: uuid,
  path: `App/${uuid}`,
  uuid,
  arn: `arn:aws:lambda:us-east-1:000000000000:event-source-mapping:${uuid}`,
  functionName,
  functionArn: `arn:aws:lambda:us-east-1:000000000000:function:${functionName}`,
  enabled: true,
  batchSize: 100,
  windowMs: 500,
  partialResponses: true,
  maximumRetryAttempts: 3,
  maximumRecordAgeMs: undefined,
  bisect: true,
});

export const kafkaMapping = (uuid: string, changes: Partial<KafkaMappingModel> = {}): KafkaMappingModel => ({
  ...base(uuid, 'consumer'),
  kind: 'kafka',
  clusterArn: 'arn:aws:kafka:us-east-1:000000000000:cluster/demo/1-1',
  topic: 'orders',
  groupId: `group-${uuid}`,
  startingPosition: { at: 'TRIM_HORIZON' },
  pollers: 1,
  onFailureTopic: 'orders.dead-letters',
  ...changes,
});

export const streamMapping = (
  uuid: string,
  changes: Partial<StreamMappingModel> = {},
): StreamMappingModel => ({
  ...base(uuid, 'relay'),
  kind: 'dynamodb-stream',
  streamArn: 'arn:aws:dynamodb:us-east-1:000000000000:table/outbox/stream/1',
  tableName: 'outbox',
  startingPosition: { at: 'LATEST' },
  filters: [{ eventName: ['INSERT'] }],
  ...changes,
});

/** A source that does what the test says, and remembers what was asked of it. */
export interface FakeSource extends EventSource {
  readonly mapping: MappingModel;
  /** Where it counts. */
  readonly tally: Tally;
  readonly calls: ('drain' | 'stop')[];
  /** Lets `drain` end. */
  drained(): void;
}

/** A supervisor of fake sources. `beforeStart` holds a start back, or fails it. */
export function fakeMappings(
  mappings: readonly MappingModel[],
  beforeStart: (mapping: MappingModel) => Promise<void> = async () => {},
): {
  readonly mappings: EventSourceMappings;
  /** In the order of their starts. */
  readonly sources: FakeSource[];
  readonly saved: Map<string, boolean>;
  readonly lines: string[];
} {
  const sources: FakeSource[] = [];
  const saved = new Map<string, boolean>();
  const lines: string[] = [];
  let now = 0;
  const supervisor = eventSourceMappings(mappings, {
    async startSource(mapping, tally) {
      await beforeStart(mapping);
      const source = fakeSource(mapping, tally);
      sources.push(source);
      return source;
    },
    enabled: {
      load: ({ uuid, enabled }) => saved.get(uuid) ?? enabled,
      save: ({ uuid }, enabled) => saved.set(uuid, enabled),
    },
    clock: () => {
      now += 1_000;
      return now;
    },
    log: (line) => lines.push(line),
  });
  return { mappings: supervisor, sources, saved, lines };
}

function fakeSource(mapping: MappingModel, tally: Tally): FakeSource {
  const calls: FakeSource['calls'] = [];
  const drained = Promise.withResolvers<void>();
  return {
    mapping,
    tally,
    calls,
    drained: drained.resolve,
    async status() {
      return {
        logicalId: mapping.logicalId,
        uuid: mapping.uuid,
        kind: mapping.kind,
        functionName: mapping.functionName,
        state: 'Enabled',
        source: `source of ${mapping.uuid}`,
        partitions: [],
        ...tally,
        lastProcessingResult: 'OK',
      };
    },
    async drain() {
      calls.push('drain');
      await drained.promise;
    },
    async stop() {
      calls.push('stop');
    },
  };
}
