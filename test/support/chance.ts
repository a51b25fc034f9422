import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** What a seed decides: the same seed, the same draws. */
export interface Chance {
  /** 0 to below 1. */
  float(): number;
  /** An integer from `from` to `to`, both included. */
  int(from: number, to: number): number;
  /** True with probability `p`. */
  hits(p: number): boolean;
  pick<T>(items: readonly [T, ...T[]]): T;
  bytes(length: number): Uint8Array;
  /** Another source, so that what one part draws doesn't change what another does. */
  fork(): Chance;
}

export function chance(seed: number): Chance {
  const generator = xoroshiro128plus(scattered(seed));
  const float = () => uniformFloat64(generator);
  const int = (from: number, to: number) => uniformInt(generator, from, to);
  return {
    float,
    int,
    hits: (p) => p > 0 && float() < p,
    pick: (items) => items[int(0, items.length - 1)] ?? items[0],
    bytes: (length) => Uint8Array.from({ length }, () => int(0, 255)),
    fork: () => chance(int(0, 0x7fffffff)),
  };
}

/** MurmurHash3's finalizer: the first draws of seeds that follow each other are alike without it. */
function scattered(seed: number): number {
  let hash = seed | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
