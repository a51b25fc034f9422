import { type _Record, DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { LocalCloudError } from '../../errors.ts';
import type { Invoke } from '../../lambda/invocation.ts';
import type { StreamMappingModel } from '../../resources/stream-mapping.ts';
import { startDelivery } from '../delivery/driver.ts';
import { backOffMs } from '../delivery/settlement.ts';
import type { GiveUp } from '../delivery/state.ts';
import { count, countGivenUp, emptyTally, failureLine, giveUpLine, type Tally } from '../delivery/tally.ts';
import { judge } from '../delivery/verdict.ts';
import { DRAIN_MS, type EventSource, type PartitionStatus } from '../mappings.ts';
import type { CheckpointStore } from '../remembered.ts';
import {
  ENVELOPE_BYTES,
  locateStreamRecord,
  recordFilter,
  type StreamRecord,
  streamEvent,
  streamEventRecord,
  streamRecord,
} from './event.ts';
import { readStream, type SavedPosition } from './stream-reader.ts';

export interface StreamSourcePorts {
  /** URL of the DynamoDB Streams endpoint. */
  readonly awsEndpoint: string;
  readonly region: string;
  readonly invoke: Invoke;
  /** Epoch milliseconds. */
  readonly clock: () => number;
  /** A number in [0, 1). */
  readonly random: () => number;
  readonly log: (line: string) => void;
  readonly checkpoints: CheckpointStore;
  /** Where it counts. @default its own */
  readonly tally?: Tally;
}

const MAX_EVENT_BYTES = 6 * 1024 * 1024;
const MAX_QUEUED_BYTES = 4 * 1024 * 1024;
const STOP_MS = 1_000;
/** Saved in place of a sequence number when a shard has been handled to its end. */
const SHARD_END = 'SHARD_END';
const UNREADABLE = 'PROBLEM: The stream can not be read';

/**
 * Runs an event source mapping on a DynamoDB stream, as Lambda does: shards in order, one batch in flight per shard,
 * filters before batching, and a checkpoint after each batch that is handled. A batch item failure brings everything from
 * the lowest one on again; what is given up is dropped, since a stream has no destination here, and its shard goes on
 * (https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-params.html and services-ddb-batchfailurereporting.html).
 *
 * Resolves when every readable shard has been opened, so what is written from then on is delivered even from `LATEST`.
 * Without a checkpoint the mapping's starting position counts, again after each start until there is one. Rejects with
 * `PROVISIONING_FAILED` if the stream can't be read at the start.
 */
export async function startStreamEventSource(
  mapping: StreamMappingModel,
  ports: StreamSourcePorts,
): Promise<EventSource> {
  const { streamArn, functionName } = mapping;
  const source = `stream of ${mapping.tableName}`;
  const { checkpoints } = ports;
  const client = new DynamoDBStreamsClient({
    endpoint: ports.awsEndpoint,
    region: ports.region,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
    requestHandler: { connectionTimeout: 2_000, requestTimeout: 10_000 },
  });
  const passes = recordFilter(mapping.filters);
  const tally = ports.tally ?? emptyTally();
  /** Each shard is a poller of its own; the number is its place here. */
  const shards: string[] = [];
  const stopping = new AbortController();

  const isStopping = () => stopping.signal.aborted;
  const keyOf = (shardId: string) => `${mapping.uuid} ${streamArn} ${shardId}`;

  function saved(shardId: string): SavedPosition {
    const position = checkpoints.load(keyOf(shardId));
    if (position === undefined) return { kind: 'none' };
    return position === SHARD_END ? { kind: 'finished' } : { kind: 'handled', sequenceNumber: position };
  }

  function drop(givenUp: GiveUp<StreamRecord>, fate: string): void {
    countGivenUp(tally, givenUp, 'dropped');
    ports.log(giveUpLine(source, givenUp, fate, ({ sequenceNumber }) => sequenceNumber));
  }

  const delivery = startDelivery<StreamRecord>(
    {
      batchSize: mapping.batchSize,
      windowMs: mapping.windowMs,
      maxBytes: MAX_EVENT_BYTES - ENVELOPE_BYTES,
      sliceBytes: 0,
      maxInFlight: 1,
      backOffMs: (attempt) => backOffMs(attempt, ports.random()),
      maximumRetryAttempts: mapping.maximumRetryAttempts,
      maximumRecordAgeMs: mapping.maximumRecordAgeMs,
      bisect: mapping.bisect,
      partialResponse: 'checkpoint',
    },
    {
      clock: ports.clock,
      deliver: async (batch) =>
        judge(batch, await ports.invoke(functionName, streamEvent(batch)), {
          partialResponses: mapping.partialResponses,
          locate: locateStreamRecord,
        }),
      giveUp: async (givenUp) => drop(givenUp, 'dropped'),
      lost: (givenUp, error) => drop(givenUp, `lost: ${String(error)}`),
      commit: ({ partition, last }) => checkpoints.save(keyOf(partition), last.sequenceNumber),
      ended(batch, verdict, failed) {
        count(tally, batch, verdict, failed);
        if (verdict.kind !== 'handled') ports.log(failureLine(source, batch, verdict, failed));
      },
    },
  );

  function trouble(error: unknown): void {
    if (error === undefined) {
      tally.lastProcessingResult = 'OK';
      return;
    }
    tally.lastProcessingResult = UNREADABLE;
    const name = error instanceof Error ? error.name : 'unknown error';
    ports.log(`${source}: it can't be read now (${name})`);
  }

  async function handle(shardId: string, pages: AsyncIterable<readonly _Record[]>): Promise<void> {
    const poller = shards.push(shardId);
    delivery.assigned(poller, [shardId], true);
    for await (const page of pages) {
      delivery.fetched(poller, shardId, passing(page));
      await delivery.until(() => isStopping() || delivery.queued(shardId).bytes < MAX_QUEUED_BYTES);
    }
    await delivery.until(() => isStopping() || delivery.isDone(shardId));
  }

  function passing(page: readonly _Record[]): StreamRecord[] {
    const records: StreamRecord[] = [];
    for (const record of page) {
      const eventRecord = streamEventRecord(record, { arn: streamArn, region: ports.region });
      const sequenceNumber = record.dynamodb?.SequenceNumber;
      if (sequenceNumber === undefined || !passes(eventRecord)) continue;
      // A record's age goes by it. DynamoDB Local rounds it down to the minute, AWS to the second.
      const createdAt = record.dynamodb?.ApproximateCreationDateTime?.getTime() ?? ports.clock();
      records.push(streamRecord(sequenceNumber, createdAt, eventRecord));
    }
    return records;
  }

  if (mapping.enabled) {
    try {
      await readStream({
        client,
        streamArn,
        signal: stopping.signal,
        trouble,
        startingPosition: mapping.startingPosition.at,
        saved,
        handle,
        finished: (shardId) => checkpoints.save(keyOf(shardId), SHARD_END),
      });
      if (tally.lastProcessingResult === UNREADABLE) tally.lastProcessingResult = 'OK';
    } catch (cause) {
      client.destroy();
      const message = `${mapping.logicalId} reads the stream of ${mapping.tableName}, which can't be opened.`;
      throw new LocalCloudError('PROVISIONING_FAILED', message, { cause });
    }
  }

  let stopped: Promise<void> | undefined;
  async function stop(): Promise<void> {
    stopping.abort();
    await delivery.stop(STOP_MS);
    client.destroy();
  }

  return {
    async status() {
      return {
        logicalId: mapping.logicalId,
        uuid: mapping.uuid,
        kind: mapping.kind,
        functionName,
        state: mapping.enabled && stopped === undefined ? 'Enabled' : 'Disabled',
        source,
        partitions: shards.map((shardId) => shardStatus(shardId, saved(shardId))),
        ...tally,
      };
    },
    drain: () => delivery.stop(DRAIN_MS),
    stop() {
      stopped ??= stop();
      return stopped;
    },
  };
}

/** A stream tells neither its end nor how many records lie between two sequence numbers. */
function shardStatus(shardId: string, position: SavedPosition): PartitionStatus {
  const committed = position.kind === 'handled' ? BigInt(position.sequenceNumber) : null;
  return { partition: shardId, committed, end: null, lag: null };
}
