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

/** A full partition whose queue gets no shorter for this long is left alone. */
const PATIENCE_MS = 40;
/** How long it may wait without a heartbeat. */
const HEARTBEAT_MS = 400;

/**
 * Keeps memory bounded without letting one partition stop the others. The function it makes is called after a fetch has
 * queued records of a partition, and resolves when the next fetch may begin:
 *
 *     full ──> gets shorter, has room ──────────────────────────────────────> goes on
 *       ├────> stays as it is for PATIENCE_MS, another one can be fetched ──> paused ──> half empty ──> resumed
 *       └────> ... and no other one can ────────────────────────────────────> waits: there is nothing to fetch for
 *
 * At least one partition is never paused, as kafkajs sleeps for as long as a fetch may wait when there is none to fetch.
 */
export function backPressure(
  ports: BackPressurePorts,
): (partition: number, heartbeat: () => Promise<void>) => Promise<void> {
  const paused = new Set<number>();
  const full = (partition: number) => isFull(ports.queued(partition), ports.batchSize);
  const mayGoOn = (partition: number) => !ports.reading().has(partition) || !full(partition);
  const isHalfEmpty = (partition: number) => {
    const { count, bytes } = ports.queued(partition);
    return !isFull({ count: count * 2, bytes: bytes * 2 }, ports.batchSize);
  };
  const isFetched = (partition: number) =>
    paused.has(partition) ? isHalfEmpty(partition) : !full(partition);
  const anotherIsFetched = (partition: number) =>
    [...ports.reading()].some((other) => other !== partition && isFetched(other));

  /** Resolves when it has room, or has got no shorter for a while. */
  async function whileItGetsShorter(partition: number): Promise<void> {
    for (;;) {
      const { count } = ports.queued(partition);
      const isShorter = () => mayGoOn(partition) || ports.queued(partition).count < count;
      await ports.until(isShorter, PATIENCE_MS);
      if (mayGoOn(partition) || !isShorter()) return;
    }
  }

  function pause(partition: number): void {
    paused.add(partition);
    ports.pause(partition);
    void ports
      .until(() => !ports.reading().has(partition) || isHalfEmpty(partition))
      .then(() => {
        paused.delete(partition);
        ports.resume(partition);
      });
  }

  return async (partition, heartbeat) => {
    await whileItGetsShorter(partition);
    while (!mayGoOn(partition) && !anotherIsFetched(partition)) {
      await ports.until(() => mayGoOn(partition) || anotherIsFetched(partition), HEARTBEAT_MS);
      await heartbeat();
    }
    if (!mayGoOn(partition)) pause(partition);
  };
}
