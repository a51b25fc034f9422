import { setTimeout as sleep } from 'node:timers/promises';
import type { _Record } from '@aws-sdk/client-dynamodb-streams';
import { openShard, readShard, type ShardPosition, type StreamRequest } from './shard-reader.ts';
import { awaitsShards, followers, listShards, readableShards, type Shard } from './shards.ts';

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
