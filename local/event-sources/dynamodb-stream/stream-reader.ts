import { setTimeout as sleep } from 'node:timers/promises';
import type { _Record } from '@aws-sdk/client-dynamodb-streams';
import { openShard, readShard, type ShardPosition, type StreamRequest } from './shard-reader.ts';
import { listShards, readableShards, type Shard } from './shards.ts';

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

/** How often to look for the children of the last shard, until there are some. */
const SHARDS_EVERY_MS = 2_000;

/**
 * Reads a stream's shards, parents before children, until `signal` aborts. Resolves when the shards that are there can be
 * read, so that nothing written from then on is missed, from `LATEST` either; rejects if they can't be.
 */
export async function readStream(options: StreamReaderOptions): Promise<void> {
  const { signal, startingPosition } = options;
  const begun = new Set<string>();
  const finished = new Set<string>();

  async function begin(shard: Shard, withoutSaved: 'TRIM_HORIZON' | 'LATEST'): Promise<void> {
    const saved = options.saved(shard.id);
    const from: ShardPosition =
      saved.kind === 'handled'
        ? { at: 'AFTER_SEQUENCE_NUMBER', sequenceNumber: saved.sequenceNumber }
        : { at: withoutSaved };
    const iterator = await openShard(options, shard.id, from);
    begun.add(shard.id);
    void run(shard, readShard(options, shard.id, iterator, from));
  }

  async function run(shard: Shard, pages: AsyncIterable<readonly _Record[]>): Promise<void> {
    await options.handle(shard.id, pages);
    if (signal.aborted) return;
    finished.add(shard.id);
    options.finished(shard.id);
    await beginChildren();
  }

  async function beginChildren(): Promise<void> {
    while (!signal.aborted) {
      try {
        const shards = await listShards(options);
        // A child holds what came after its parent, all of which is to be read, whatever the starting position.
        for (const shard of readableShards(shards, begun, finished)) await begin(shard, 'TRIM_HORIZON');
        if (begun.size > finished.size) return;
      } catch (error) {
        options.trouble(error);
      }
      await sleep(SHARDS_EVERY_MS, undefined, { signal }).catch(() => {});
    }
  }

  const shards = await listShards(options);
  for (const { id, closed } of shards) {
    const { kind } = options.saved(id);
    if (kind === 'finished' || (kind === 'none' && closed && startingPosition === 'LATEST')) finished.add(id);
  }
  for (const shard of readableShards(shards, begun, finished)) await begin(shard, startingPosition);
}
