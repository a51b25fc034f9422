import { expect, test } from 'vitest';
import {
  readableShards,
  type Shard,
} from '../../../../../local/event-sources/dynamodb-stream/stream-reader.ts';

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
