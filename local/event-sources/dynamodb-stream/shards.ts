import { DescribeStreamCommand } from '@aws-sdk/client-dynamodb-streams';
import type { StreamRequest } from './shard-reader.ts';

export interface Shard {
  readonly id: string;
  readonly parent: string | undefined;
  /** It gets no more records. */
  readonly closed: boolean;
}

/** All shards of a stream that still hold records. */
export async function listShards({ client, streamArn, signal }: StreamRequest): Promise<readonly Shard[]> {
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
export function followers(
  shards: readonly Shard[],
  isKnown: (shardId: string) => boolean,
): ReadonlySet<string> {
  const parents = new Map(shards.map(({ id, parent }) => [id, parent]));
  const follows = (id: string): boolean => {
    const parent = parents.get(id);
    return parent !== undefined && (isKnown(parent) || follows(parent));
  };
  return new Set(shards.map(({ id }) => id).filter(follows));
}

/** Whether there is a shard to read, or one to come: the child of one that is finished, or any where none is read. */
export function awaitsShards(
  shards: readonly Shard[],
  begun: ReadonlySet<string>,
  finished: ReadonlySet<string>,
): boolean {
  if (readableShards(shards, begun, finished).length > 0) return true;
  if ([...begun].every((id) => finished.has(id))) return true;
  const parents = new Set(shards.map(({ parent }) => parent));
  return shards.some(({ id }) => finished.has(id) && !parents.has(id));
}
