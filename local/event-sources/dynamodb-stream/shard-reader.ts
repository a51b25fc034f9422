import { setTimeout as sleep } from 'node:timers/promises';
import {
  type _Record,
  type DynamoDBStreamsClient,
  ExpiredIteratorException,
  GetRecordsCommand,
  GetShardIteratorCommand,
  TrimmedDataAccessException,
} from '@aws-sdk/client-dynamodb-streams';

/** Where a reader begins in a shard. */
export type ShardPosition =
  | { readonly at: 'TRIM_HORIZON' | 'LATEST' }
  | { readonly at: 'AFTER_SEQUENCE_NUMBER'; readonly sequenceNumber: string };

/** What every request about a stream needs. */
export interface StreamRequest {
  readonly client: DynamoDBStreamsClient;
  readonly streamArn: string;
  readonly signal: AbortSignal;
  /** Told when requests begin to fail, and (undefined) when they succeed again. */
  readonly trouble: (error: unknown) => void;
}

/**
 * Lambda's base rate is four polls a second (https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html). After half a
 * minute without a record it is two here, for the sake of the laptop's battery.
 */
const IDLE = { pollMs: 250, quietAfterPolls: 120, quietPollMs: 500 };
const DISCONNECTED: ReadonlySet<unknown> = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE']);
const RETRY_MS = { first: 250, cap: 4_000 };

/**
 * An iterator at `position`. A position that has been trimmed (after 24 hours, or because a local engine has lost its
 * data) becomes the oldest record there is: what is gone can't be read, what is there is not skipped.
 */
export async function openShard(
  stream: StreamRequest,
  shardId: string,
  position: ShardPosition,
): Promise<string | undefined> {
  try {
    const { ShardIterator } = await stream.client.send(
      new GetShardIteratorCommand({
        StreamArn: stream.streamArn,
        ShardId: shardId,
        ShardIteratorType: position.at,
        SequenceNumber: position.at === 'AFTER_SEQUENCE_NUMBER' ? position.sequenceNumber : undefined,
      }),
      { abortSignal: stream.signal },
    );
    return ShardIterator;
  } catch (error) {
    if (!isGone(error) || position.at === 'TRIM_HORIZON') throw error;
    return openShard(stream, shardId, { at: 'TRIM_HORIZON' });
  }
}

/**
 * Reads a shard page by page, at once while records come and a few times a second while they don't. Ends when the shard
 * is closed and read to its end, or when `signal` aborts. Requests that fail are made again, with growing pauses.
 */
export async function* readShard(
  stream: StreamRequest,
  shardId: string,
  iterator: string | undefined,
  from: ShardPosition,
): AsyncGenerator<readonly _Record[]> {
  const { client, signal } = stream;
  let next = iterator;
  let isStale = false;
  let position = from;
  let failures = 0;
  let emptyPolls = 0;
  while (next !== undefined && !signal.aborted) {
    try {
      if (isStale) next = await openShard(stream, shardId, position);
      isStale = false;
      const page = await client.send(new GetRecordsCommand({ ShardIterator: next, Limit: 1_000 }), {
        abortSignal: signal,
      });
      if (failures > 0) stream.trouble(undefined);
      failures = 0;
      next = page.NextShardIterator;
      const records = page.Records ?? [];
      const last = records.at(-1)?.dynamodb?.SequenceNumber;
      if (last !== undefined) position = { at: 'AFTER_SEQUENCE_NUMBER', sequenceNumber: last };
      yield records;
      emptyPolls = records.length === 0 ? emptyPolls + 1 : 0;
      if (emptyPolls === 0 || next === undefined) continue;
      await pause(emptyPolls < IDLE.quietAfterPolls ? IDLE.pollMs : IDLE.quietPollMs, signal);
    } catch (error) {
      if (signal.aborted) return;
      // An iterator lives for 15 minutes, less than a laptop sleeps.
      const refused = error instanceof ExpiredIteratorException || isGone(error);
      const opened = refused ? await openShard(stream, shardId, position).catch(() => undefined) : undefined;
      if (opened !== undefined) next = opened;
      else if (failures === 0) stream.trouble(error);
      isStale ||= isDisconnected(error);
      await pause(Math.min(RETRY_MS.cap, RETRY_MS.first * 2 ** failures), signal);
      failures += 1;
    }
  }
}

/**
 * An engine that was away may have started anew. MiniStack's iterators are places in a list that it doesn't save, so an
 * old one would skip as many records as the list had.
 */
function isDisconnected(error: unknown): boolean {
  return error instanceof Error && 'code' in error && DISCONNECTED.has(error.code);
}

/** DynamoDB Local calls a sequence number that it doesn't know invalid. */
function isGone(error: unknown): boolean {
  if (error instanceof TrimmedDataAccessException) return true;
  return error instanceof Error && error.name === 'ValidationException';
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => {});
}
