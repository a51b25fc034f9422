/** A record as it stands on a topic. */
export interface TopicRecord {
  readonly offset: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer | null | (Buffer | null)[]>>;
  /** Epoch milliseconds. */
  readonly timestamp: number;
}

/** A topic in memory: partitions are arrays, offsets their indexes. */
export interface Topic {
  readonly name: string;
  readonly partitions: readonly (readonly TopicRecord[])[];
  append(partition: number, records: readonly Omit<TopicRecord, 'offset'>[], by: string): void;
  /** Told of each record that is appended. */
  onAppend(listener: (partition: number, record: TopicRecord, by: string) => void): void;
}

export function topic(name: string, partitionCount: number): Topic {
  const partitions: TopicRecord[][] = Array.from({ length: partitionCount }, () => []);
  const listeners: ((partition: number, record: TopicRecord, by: string) => void)[] = [];
  return {
    name,
    partitions,
    append(partition, records, by) {
      const log = partitions[partition];
      if (log === undefined) throw new RangeError(`${name} has no partition ${partition}`);
      for (const record of records) {
        const appended = { ...record, offset: log.length };
        log.push(appended);
        for (const listener of listeners) listener(partition, appended, by);
      }
    },
    onAppend: (listener) => void listeners.push(listener),
  };
}
