import { describe, expect, it } from 'vitest';
import { chunksOf, mapConcurrently } from '../../../functions/concurrency.ts';

describe('mapConcurrently', () => {
  it('answers in order and never has more in flight than allowed', async () => {
    let [now, most] = [0, 0];
    const results = await mapConcurrently([5, 4, 3, 2, 1], 2, async (item) => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setImmediate(resolve));
      now--;
      return item * 10;
    });
    expect(results).toEqual([50, 40, 30, 20, 10]);
    expect(most).toBe(2);
  });

  it('begins nothing more after a rejection', async () => {
    const begun: number[] = [];
    const work = async (item: number) => {
      begun.push(item);
      throw new Error('no');
    };
    await expect(mapConcurrently([1, 2, 3], 1, work)).rejects.toThrow('no');
    expect(begun).toEqual([1]);
  });

  it('does nothing for nothing', async () => {
    expect(await mapConcurrently([], 3, () => Promise.reject(new Error('called')))).toEqual([]);
  });
});

describe('chunksOf', () => {
  it('cuts in order, the last piece shorter', () => {
    expect(chunksOf([1, 2, 3, 4, 5], 2)).toEqual([[1, 2], [3, 4], [5]]);
  });
});
