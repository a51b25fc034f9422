import { momentOf } from '../moments.ts';

/** Where a consumer group is to go. */
export type RewindTarget =
  /** The oldest record that the topic still has. */
  | { readonly kind: 'beginning' }
  /** The first record of that time (epoch milliseconds) or later. */
  | { readonly kind: 'time'; readonly at: number }
  /** Behind the newest record, over all that was not handled. */
  | { readonly kind: 'latest' }
  /** The next offset to read, by `<topic>-<partition>`; other partitions stay where they are. */
  | { readonly kind: 'offsets'; readonly offsets: ReadonlyMap<string, bigint> };

/** `beginning`, `latest`, a time or a time ago, or `orders-0=12,orders-1=7`; `undefined` for anything else. */
export function rewindTarget(text: string, now: Date): RewindTarget | undefined {
  if (text === 'beginning' || text === 'latest') return { kind: text };
  const at = momentOf(text, now);
  if (at !== undefined) return { kind: 'time', at: Date.parse(at) };
  const offsets = new Map<string, bigint>();
  for (const part of text.split(',')) {
    const [, partition, offset] = /^(.+-\d+)=(\d+)$/.exec(part) ?? [];
    if (partition === undefined || offset === undefined || offsets.has(partition)) return undefined;
    offsets.set(partition, BigInt(offset));
  }
  return { kind: 'offsets', offsets };
}
