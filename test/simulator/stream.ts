import { type StreamRecord, streamRecord } from '../../local/event-sources/dynamodb-stream/event.ts';
import type { Chance } from '../support/chance.ts';
import type { Item, OnWrite } from './dynamodb/tables.ts';
import type { Faults } from './faults.ts';
import type { Scheduler } from './scheduler.ts';

/** A stream record and where it stands in its shard. */
export interface ShardRecord extends StreamRecord {
  readonly index: number;
}

/** A table's stream, KEYS_ONLY. */
export interface Stream {
  /** The table's changes go here. */
  readonly onWrite: OnWrite;
  readonly shards: ReadonlyMap<string, readonly ShardRecord[]>;
}

/** Longest that a record takes to show up, when it is late. */
const LATE_MS = 60_000;

/**
 * A table's stream: a record for each change, in the shard of its partition key. Records of one item keep their order;
 * those of others, also of one transaction, come in any
 * (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html). One that is lost stands for a stream
 * that was not read within a day.
 */
export function stream(
  shardCount: number,
  ports: { readonly clock: Scheduler; readonly random: Chance; readonly faults: Faults },
  onRecord: (shard: string) => void,
): Stream {
  const { clock, random, faults } = ports;
  const shards = new Map<string, ShardRecord[]>(
    Array.from({ length: shardCount }, (_, index) => [`shard-${index}`, []]),
  );
  const names = [...shards.keys()];
  const shardOf = new Map<string, string>();
  /** When the newest record of each item shows up. */
  const shownAt = new Map<string, number>();
  let sequence = 0;

  function show(shard: string, eventName: string, key: Item): void {
    const records = shards.get(shard) ?? [];
    const sequenceNumber = String(++sequence);
    const body = { eventName, dynamodb: { Keys: key, SequenceNumber: sequenceNumber } };
    records.push({ ...streamRecord(sequenceNumber, clock.now(), body), index: records.length });
    onRecord(shard);
  }

  return {
    shards,
    onWrite({ key, before, after }) {
      const eventName = before === undefined ? 'INSERT' : after === undefined ? 'REMOVE' : 'MODIFY';
      // The mapping's filter.
      if (eventName !== 'INSERT') return;
      const partition = String(Object.values(key)[0]?.S);
      const shard = shardOf.get(partition) ?? names[random.int(0, names.length - 1)] ?? '';
      shardOf.set(partition, shard);
      if (faults.strikes('stream record lost', partition)) return;
      const item = JSON.stringify(key);
      const late = faults.strikes('stream record late', partition) ? random.int(100, LATE_MS) : 0;
      const at = Math.max(clock.now() + random.int(1, 50) + late, shownAt.get(item) ?? 0);
      shownAt.set(item, at);
      clock.after(at - clock.now(), () => show(shard, eventName, key));
    },
  };
}
