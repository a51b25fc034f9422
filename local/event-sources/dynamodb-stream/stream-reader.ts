import { setTimeout as sleep } from 'node:timers/promises';
import { type _Record, DescribeStreamCommand } from '@aws-sdk/client-dynamodb-streams';
import { openShard, readShard, type ShardPosition, type StreamRequest } from './shard-reader.ts';

export interface StreamReaderOptions extends StreamRequest {
  /** Where shards without a saved position begin. */
  readonly startingPosition: 'TRIM_HORIZON' | 'LATEST';
  readonly saved: (shardId: string) => SavedPosition;
  /** Takes a shard's records; resolves when the pages have ended and every record is handled. */
  readonly handle: (shardId: string, pages: AsyncIterable<readonly _Record[]>) => Promise<void>;
  /** Told that a shard has been handled to its end; its children may be read now. */
  readonly finished: (shardId: string) => void;
}

/** What is remembered of a shard: nothing, the last record handled, or that all of it is. */
export type SavedPosition =
  | { readonly kind: 'none' | 'finished' }
  | { readonly kind: 'handled'; readonly sequenceNumber: string };

/** How often to look for the children of a shard that is finished, until there are some. */
const SHARDS_EVERY_MS = 2_000;

/**
 * Reads a stream's shards, parents before children, until `signal` aborts. Resolves when the shards that are there can be
 * read, so that nothing written from then on is missed, from `LATEST` either; rejects if they can't be.
 *
 * The starting position is for shards that were there before the mapping. What follows a shard that it has read came
 * after its start, so that all of it is to be read, from `LATEST` too, also by a reader that was away meanwhile.
 */
export async function readStream(options: StreamReaderOptions): Promise<void> {
  const { signal } = options;
  const begun = new Set<string>();
  const finished = new Set<string>();
  let isLooking = false;
  /** Aborted when there is a reason to look at once. */
  let pause = new AbortController();

  async function begin(shard: Shard, withoutSaved: 'TRIM_HORIZON' | 'LATEST'): Promise<void> {
    const saved = options.saved(shard.id);
    const from: ShardPosition =
      saved.kind === 'handled'
        ? { at: 'AFTER_SEQUENCE_NUMBER', sequenceNumber: saved.sequenceNumber }
        : { at: withoutSaved };
    // Before anything is awaited, so that nobody else begins it meanwhile.
    begun.add(shard.id);
    try {
      const iterator = await openShard(options, shard.id, from);
      run(shard, readShard(options, shard.id, iterator, from)).catch(options.trouble);
    } catch (error) {
      begun.delete(shard.id);
      throw error;
    }
  }

  async function run(shard: Shard, pages: AsyncIterable<readonly _Record[]>): Promise<void> {
    await options.handle(shard.id, pages);
    if (signal.aborted) return;
    finished.add(shard.id);
    options.finished(shard.id);
    void beginChildren();
  }

  /** Looks until every finished shard has children, all of which are read. One looks for all. */
  async function beginChildren(): Promise<void> {
    pause.abort();
    if (isLooking) return;
    isLooking = true;
    let isTroubled = false;
    while (isLooking && !signal.aborted) {
      pause = new AbortController();
      try {
        const shards = await listShards(options);
        if (isTroubled) options.trouble(undefined);
        isTroubled = false;
        for (const shard of readableShards(shards, begun, finished)) await begin(shard, 'TRIM_HORIZON');
        isLooking = awaitsShards(shards, begun, finished);
      } catch (error) {
        if (!signal.aborted && !isTroubled) options.trouble(error);
        isTroubled = true;
      }
      const until = { signal: AbortSignal.any([signal, pause.signal]) };
      if (isLooking) await sleep(SHARDS_EVERY_MS, undefined, until).catch(() => {});
    }
  }

  const shards = await listShards(options);
  const followed = followers(shards, (shardId) => options.saved(shardId).kind !== 'none');
  const startOf = ({ id }: Shard) => (followed.has(id) ? 'TRIM_HORIZON' : options.startingPosition);
  for (const shard of shards) {
    const { kind } = options.saved(shard.id);
    const isPast = kind === 'none' && shard.closed && startOf(shard) === 'LATEST';
    if (kind === 'finished' || isPast) finished.add(shard.id);
  }
  for (const shard of readableShards(shards, begun, finished)) await begin(shard, startOf(shard));
  if (awaitsShards(shards, begun, finished)) void beginChildren();
}

export interface Shard {
  readonly id: string;
  readonly parent: string | undefined;
  /** It gets no more records. */
  readonly closed: boolean;
}

/** All shards of a stream that still hold records. */
async function listShards({ client, streamArn, signal }: StreamRequest): Promise<readonly Shard[]> {
  const shards: Shard[] = [];
  let after: string | undefined;
  do {
    const { StreamDescription: page } = await client.send(
      new DescribeStreamCommand({ StreamArn: streamArn, ExclusiveStartShardId: after }),
      { abortSignal: signal },
    );
    for (const { ShardId, ParentShardId, SequenceNumberRange } of page?.Shards ?? []) {
      if (ShardId === undefined) continue;
      const closed = SequenceNumberRange?.EndingSequenceNumber !== undefined;
      shards.push({ id: ShardId, parent: ParentShardId, closed });
    }
    after = page?.LastEvaluatedShardId;
  } while (after !== undefined);
  return shards;
}

/**
 * The shards that may be read now: neither begun nor finished, and their parent finished or gone. An item's changes move
 * from parent to child when a shard splits, so reading the parent to its end first keeps them in order.
 */
export function readableShards(
  shards: readonly Shard[],
  begun: ReadonlySet<string>,
  finished: ReadonlySet<string>,
): readonly Shard[] {
  const known = new Set(shards.map((shard) => shard.id));
  return shards.filter(({ id, parent }) => {
    const parentIsDone = parent === undefined || finished.has(parent) || !known.has(parent);
    return parentIsDone && !begun.has(id) && !finished.has(id);
  });
}

/** The shards whose parent, or its parent and so on, is one that a reader knows. */
function followers(shards: readonly Shard[], isKnown: (shardId: string) => boolean): ReadonlySet<string> {
  const parents = new Map(shards.map(({ id, parent }) => [id, parent]));
  const follows = (id: string): boolean => {
    const parent = parents.get(id);
    return parent !== undefined && (isKnown(parent) || follows(parent));
  };
  return new Set(shards.map(({ id }) => id).filter(follows));
}

/** Whether there is a shard to read, or one to come: the child of one that is finished, or any where none is read. */
function awaitsShards(
  shards: readonly Shard[],
  begun: ReadonlySet<string>,
  finished: ReadonlySet<string>,
): boolean {
  if (readableShards(shards, begun, finished).length > 0) return true;
  if ([...begun].every((id) => finished.has(id))) return true;
  const parents = new Set(shards.map(({ parent }) => parent));
  return shards.some(({ id }) => finished.has(id) && !parents.has(id));
}
