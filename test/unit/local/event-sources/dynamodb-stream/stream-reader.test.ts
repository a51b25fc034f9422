import {
  DescribeStreamCommand,
  type DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
} from '@aws-sdk/client-dynamodb-streams';
import { expect, onTestFinished, test, vi } from 'vitest';
import {
  readableShards,
  readStream,
  type SavedPosition,
  type Shard,
  type StreamReaderOptions,
} from '../../../../../local/event-sources/dynamodb-stream/stream-reader.ts';

/** A shard as the stream has it: its records, by their sequence numbers, and whether more may come. */
interface FakeShard {
  readonly id: string;
  readonly parent?: string;
  readonly records: readonly string[];
  readonly closed?: boolean;
}

/** The part of DynamoDB Streams that a reader asks: an iterator is `<shard> <place>`. */
function clientOf(shards: readonly FakeShard[]): DynamoDBStreamsClient {
  const none: FakeShard = { id: '', records: [] };
  const shardOf = (id: string | undefined) => shards.find((shard) => shard.id === id) ?? none;
  const answer = (command: unknown): object => {
    if (command instanceof DescribeStreamCommand) {
      const Shards = shards.map(({ id, parent, records, closed }) => ({
        ShardId: id,
        ParentShardId: parent,
        SequenceNumberRange: closed === true ? { EndingSequenceNumber: records.at(-1) ?? '0' } : {},
      }));
      return { StreamDescription: { Shards } };
    }
    if (command instanceof GetShardIteratorCommand) {
      const { ShardId, ShardIteratorType, SequenceNumber } = command.input;
      const { records } = shardOf(ShardId);
      const place =
        ShardIteratorType === 'LATEST' ? records.length : records.indexOf(SequenceNumber ?? '') + 1;
      return { ShardIterator: `${ShardId} ${place}` };
    }
    if (command instanceof GetRecordsCommand) {
      const [id, place] = (command.input.ShardIterator ?? '').split(' ');
      const { records, closed = false } = shardOf(id);
      return {
        Records: records.slice(Number(place)).map((SequenceNumber) => ({ dynamodb: { SequenceNumber } })),
        ...(!closed && { NextShardIterator: `${id} ${records.length}` }),
      };
    }
    throw new Error('the reader asks nothing else');
  };
  return {
    send: async (command: unknown) => {
      await new Promise(setImmediate);
      return answer(command);
    },
  } as unknown as DynamoDBStreamsClient;
}

/** Reads a stream; `read` is what came of it so far, shard by shard. */
async function reading(
  shards: readonly FakeShard[],
  options: Partial<Pick<StreamReaderOptions, 'startingPosition'>> & {
    readonly saved?: Readonly<Record<string, SavedPosition>>;
    /** Before a shard is handled to its end. */
    readonly ending?: (shardId: string) => Promise<void>;
  } = {},
) {
  const stopping = new AbortController();
  onTestFinished(() => stopping.abort());
  const read: string[] = [];
  const finished: string[] = [];
  await readStream({
    client: clientOf(shards),
    streamArn: 'arn',
    signal: stopping.signal,
    trouble: (error) => {
      if (error !== undefined) throw error;
    },
    startingPosition: options.startingPosition ?? 'TRIM_HORIZON',
    saved: (shardId) => options.saved?.[shardId] ?? { kind: 'none' },
    handle: async (shardId, pages) => {
      for await (const page of pages) {
        read.push(...page.map(({ dynamodb }) => `${shardId}: ${dynamodb?.SequenceNumber}`));
      }
      await options.ending?.(shardId);
    },
    finished: (shardId) => finished.push(shardId),
  });
  return { read, finished };
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 100));

test('parents that end together have their children read once each', async () => {
  const parents = new Set<string>();
  const both = Promise.withResolvers<void>();
  const { read } = await reading(
    [
      { id: 'a', records: ['1'], closed: true },
      { id: 'b', records: ['2'], closed: true },
      { id: 'c', parent: 'a', records: ['3', '4'] },
      { id: 'd', parent: 'b', records: ['5'] },
    ],
    {
      ending: async (shardId) => {
        if (parents.add(shardId).size === 2) both.resolve();
        await both.promise;
      },
    },
  );
  await vi.waitFor(() => expect(read).toContain('d: 5'));
  await settled();
  expect(read.toSorted()).toEqual(['a: 1', 'b: 2', 'c: 3', 'c: 4', 'd: 5']);
});

test('from LATEST too, what follows a shard that was read is read from its beginning', async () => {
  const { read } = await reading(
    [
      { id: 'read', records: ['1'], closed: true },
      { id: 'closed-meanwhile', parent: 'read', records: ['2'], closed: true },
      { id: 'open', parent: 'closed-meanwhile', records: ['3'] },
      { id: 'older', records: ['0'], closed: true },
      { id: 'of-older', parent: 'older', records: ['0'] },
    ],
    { startingPosition: 'LATEST', saved: { read: { kind: 'finished' } } },
  );
  await vi.waitFor(() => expect(read).toContain('open: 3'));
  await settled();
  expect(read).toEqual(['closed-meanwhile: 2', 'open: 3']);
});

test('a parent that the stream has forgotten counts as well', async () => {
  const { read } = await reading([{ id: 'open', parent: 'forgotten', records: ['3'] }], {
    startingPosition: 'LATEST',
    saved: { forgotten: { kind: 'finished' } },
  });
  await vi.waitFor(() => expect(read).toEqual(['open: 3']));
});

test('where every shard is finished at the start, one that comes later is read', async () => {
  const shards: FakeShard[] = [{ id: 'a', records: ['1'], closed: true }];
  const { read } = await reading(shards, { saved: { a: { kind: 'finished' } } });
  shards.push({ id: 'b', parent: 'a', records: ['2'] });
  await vi.waitFor(() => expect(read).toEqual(['b: 2']), { timeout: 5_000 });
});

test('a child that comes late is read, though another shard is being read all the while', async () => {
  const shards: FakeShard[] = [
    { id: 'a', records: ['1'], closed: true },
    { id: 'other', records: ['2'] },
  ];
  const { read, finished } = await reading(shards);
  await vi.waitFor(() => expect(finished).toEqual(['a']));
  await settled();
  shards.push({ id: 'b', parent: 'a', records: ['3'] });
  await vi.waitFor(() => expect(read).toContain('b: 3'), { timeout: 5_000 });
});

const shard = (id: string, parent?: string): Shard => ({ id, parent, closed: false });
const ids = (shards: readonly Shard[], begun: string[], finished: string[]) =>
  readableShards(shards, new Set(begun), new Set(finished)).map(({ id }) => id);

//   a ──> b ──> d
//    └──> c
const tree = [shard('d', 'b'), shard('b', 'a'), shard('c', 'a'), shard('a')];

test('a shard is read once its parent is handled to its end', () => {
  expect(ids(tree, [], [])).toEqual(['a']);
  expect(ids(tree, ['a'], [])).toEqual([]);
  expect(ids(tree, ['a'], ['a'])).toEqual(['b', 'c']);
  expect(ids(tree, ['a', 'b', 'c'], ['a', 'c'])).toEqual([]);
  expect(ids(tree, ['a', 'b', 'c'], ['a', 'b'])).toEqual(['d']);
});

test('a parent that the stream has forgotten holds nothing back', () => {
  expect(ids([shard('d', 'gone')], [], [])).toEqual(['d']);
});
