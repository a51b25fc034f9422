/**
 * Records of one partition that wait for their first delivery, oldest first.
 *
 * It keeps the arrays it is given and moves an index, because a million records pass through here.
 */
export interface RecordQueue<R extends Deliverable> {
  chunks: Chunk<R>[];
  count: number;
  bytes: number;
}

/** A record as the delivery rules see it. */
export interface Deliverable {
  /** What the record adds to the event, in bytes of JSON, its comma included. */
  readonly bytes: number;
  /** Epoch milliseconds, as the source has it: the record's age counts from here. */
  readonly timestamp: number;
}

interface Chunk<R> {
  readonly records: readonly R[];
  /** Epoch milliseconds at which the poller got them. */
  readonly arrivedAt: number;
  next: number;
}

export function emptyQueue<R extends Deliverable>(): RecordQueue<R> {
  return { chunks: [], count: 0, bytes: 0 };
}

export function enqueue<R extends Deliverable>(
  queue: RecordQueue<R>,
  records: readonly R[],
  now: number,
): void {
  if (records.length === 0) return;
  queue.chunks.push({ records, arrivedAt: now, next: 0 });
  queue.count += records.length;
  for (const record of records) queue.bytes += record.bytes;
}

/** When the record at the head arrived; undefined for an empty queue. */
export function headArrivedAt(queue: RecordQueue<Deliverable>): number | undefined {
  return queue.chunks[0]?.arrivedAt;
}

/** The record at the head; undefined for an empty queue. */
export function head<R extends Deliverable>(queue: RecordQueue<R>): R | undefined {
  const chunk = queue.chunks[0];
  return chunk?.records[chunk.next];
}

/** Removes records from the head while all limits allow. */
export function dequeue<R extends Deliverable>(
  queue: RecordQueue<R>,
  limits: {
    readonly maxRecords: number;
    readonly maxBytes: number;
    readonly allows: (record: R) => boolean;
  },
): { readonly records: readonly R[]; readonly bytes: number } {
  const records: R[] = [];
  let bytes = 0;
  for (;;) {
    const chunk = queue.chunks[0];
    const record = chunk?.records[chunk.next];
    if (chunk === undefined || record === undefined || records.length >= limits.maxRecords) break;
    if (bytes + record.bytes > limits.maxBytes || !limits.allows(record)) break;
    records.push(record);
    bytes += record.bytes;
    chunk.next += 1;
    if (chunk.next === chunk.records.length) queue.chunks.shift();
  }
  queue.count -= records.length;
  queue.bytes -= bytes;
  return { records, bytes };
}
