/** What of a partition is queued: records, and bytes of their JSON. */
interface Queued {
  readonly count: number;
  readonly bytes: number;
}

const MIB = 1024 * 1024;

/** Two batches, but at least 1 MiB (a fetch brings that much) and at most 8. */
export function isFull({ count, bytes }: Queued, batchSize: number): boolean {
  return bytes >= 8 * MIB || (bytes >= MIB && count >= 2 * batchSize);
}

export interface BackPressurePorts {
  readonly batchSize: number;
  queued(partition: number): Queued;
  /** The partitions that are being read; one that is no longer among them is waited for no longer. */
  reading(): ReadonlySet<number>;
  /** Resolves when `holds` has come true, or after `timeoutMs`. */
  until(holds: () => boolean, timeoutMs?: number): Promise<void>;
  /** Stops and restarts the fetching of one partition. */
  pause(partition: number): void;
  resume(partition: number): void;
}

/** A full partition is given this long to make room before the others are fetched without it. */
const PATIENCE_MS = 40;
/** How long it may wait without a heartbeat. */
const HEARTBEAT_MS = 400;

/**
 * Keeps memory bounded without letting one partition stop the others. The function it makes is called after a fetch has
 * queued records of a partition, and resolves when the next fetch may begin:
 *
 *     full ──PATIENCE_MS──> still full, others have room ──> paused ──> half empty ──> resumed
 *                 └───────> still full, as all are ────────> waits: there is nothing to fetch for
 */
export function backPressure(
  ports: BackPressurePorts,
): (partition: number, heartbeat: () => Promise<void>) => Promise<void> {
  const full = (partition: number) => isFull(ports.queued(partition), ports.batchSize);
  const allFull = () => [...ports.reading()].every((partition) => full(partition));

  return async (partition, heartbeat) => {
    const mayGoOn = () => !ports.reading().has(partition) || !full(partition);
    await ports.until(mayGoOn, PATIENCE_MS);
    while (!mayGoOn() && allFull()) {
      await ports.until(() => mayGoOn() || !allFull(), HEARTBEAT_MS);
      await heartbeat();
    }
    if (mayGoOn()) return;
    ports.pause(partition);
    const isHalfEmpty = () => {
      const { count, bytes } = ports.queued(partition);
      return !isFull({ count: count * 2, bytes: bytes * 2 }, ports.batchSize);
    };
    void ports
      .until(() => !ports.reading().has(partition) || isHalfEmpty())
      .then(() => ports.resume(partition));
  };
}
