/** Offsets to commit, by partition number. */
export type Offsets = ReadonlyMap<number, number>;

/** Commits offsets of one group member, one request at a time: what comes up meanwhile goes with the next. */
export interface Committer {
  /** The next offset to read of a partition; replaces an earlier one that hasn't been sent. */
  offer(partition: number, offset: number): void;
  /** Forgets what is not yet committed of partitions the member has lost. */
  drop(partitions: Iterable<number>): void;
  /** Resolves when everything offered is committed or dropped. */
  idle(): Promise<void>;
  /** Gives up what isn't committed. */
  close(): void;
}

const RETRY_MS = 200;
/** Commits are at least this far apart: one for every batch would cost the broker and this process more than the batches. */
const PAUSE_MS = 20;

/**
 * `send` commits for the member's present generation and rejects if the broker refuses (a rebalance, a lost
 * connection). What it refused is offered again, unless it was dropped or is outdated by then.
 */
export function committer(send: (offsets: Offsets) => Promise<void>): Committer {
  let pending = new Map<number, number>();
  let sending = new Map<number, number>();
  let pumping: Promise<void> | undefined;
  let skipWait = () => {};
  let closed = false;
  /** Who waits until everything is committed; while there is one, there is no pause. */
  let waiting = 0;

  async function pump(): Promise<void> {
    while (pending.size > 0) {
      sending = pending;
      pending = new Map();
      try {
        await send(new Map(sending));
        if (waiting === 0 && !closed) await wait(PAUSE_MS);
      } catch {
        // Normal in a rebalance or while the broker is away. `drop` has taken out of `sending` what is lost.
        if (!closed) pending = new Map([...sending, ...pending]);
        if (pending.size > 0) await wait(RETRY_MS);
      }
    }
    sending = new Map();
    pumping = undefined;
  }

  function wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      skipWait = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  return {
    offer(partition, offset) {
      if (closed) return;
      pending.set(partition, offset);
      pumping ??= pump();
    },
    drop(partitions) {
      for (const partition of partitions) {
        pending.delete(partition);
        sending.delete(partition);
      }
    },
    async idle() {
      waiting += 1;
      skipWait();
      await pumping;
      waiting -= 1;
    },
    close() {
      closed = true;
      pending.clear();
      skipWait();
    },
  };
}
