import type { MappingModel } from '../resources/event-source-mapping.ts';
import { emptyTally, type Tally } from './delivery/tally.ts';
import type { EnabledStore } from './remembered.ts';

/** An event source mapping at work: it reads its source and invokes its function until it is stopped. */
export interface EventSource {
  /**
   * Asks the source for its positions, so it takes a request or two. While the source can't be reached it names no
   * partition, and `lastProcessingResult` tells.
   */
  status(): Promise<MappingStatus>;
  /**
   * Begins no further invocation, and resolves when those in flight have ended, fifteen minutes later at the latest: no
   * function runs longer. What they handled is kept. `stop` has to follow, and may come meanwhile.
   */
  drain(): Promise<void>;
  /** Waits up to a second for invocations in flight, keeps what they handled, and leaves. Idempotent. */
  stop(): Promise<void>;
}

/** The bound of `drain`: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
export const DRAIN_MS = 15 * 60_000;

/** Lambda's `State` of an event source mapping, as far as one gets here. */
type MappingState = 'Creating' | 'Enabling' | 'Enabled' | 'Disabling' | 'Disabled';

/** How far one partition (or stream shard) has come. Positions are offsets for Kafka, sequence numbers for streams. */
export interface PartitionStatus {
  readonly partition: number | string;
  /** The next offset to read (Kafka) or the last sequence number handled (streams); null: none yet. */
  readonly committed: number | bigint | null;
  /** The offset the next record will get; null where the source doesn't tell. */
  readonly end: number | bigint | null;
  /** Records between the two; null where the source doesn't tell. */
  readonly lag: number | null;
}

export interface MappingStatus {
  readonly logicalId: string;
  readonly uuid: string;
  readonly kind: MappingModel['kind'];
  readonly functionName: string;
  readonly state: MappingState;
  /** Lambda's `LastProcessingResult`: `No records processed`, `OK`, or `PROBLEM: …`. */
  readonly lastProcessingResult: string;
  /** What is read and as whom: `orders as email-service`, or the stream's table. */
  readonly source: string;
  readonly partitions: readonly PartitionStatus[];
  /** Records handled since the local cloud started. */
  readonly delivered: number;
  /** Invocations that have ended since then. */
  readonly batches: number;
  /** Those of them after which at least one record had to be delivered again, or was given up. */
  readonly failedBatches: number;
  /** Records given up and delivered to the on-failure destination. */
  readonly deadLettered: number;
  /** Records given up and not delivered anywhere. */
  readonly dropped: number;
}

/** An event source mapping as it is now. */
export interface MappingAtWork {
  readonly mapping: MappingModel;
  readonly state: MappingState;
  /** Lambda's `StateTransitionReason`. */
  readonly reason: string;
  /** Of its last change, in epoch milliseconds. */
  readonly lastModifiedMs: number;
}

/**
 * The event source mappings of a local cloud, each of which is on its own:
 *
 *             start            enable                  started
 *   Creating ───────> Disabled ───────> Enabling ──────────────────> Enabled
 *      │                 ^  ^               │ can't be started          │ disable
 *      │                 │  └───────────────┘                           v
 *      │                 └───────────────────────────────────────── Disabling
 *      └─────────────────────────> Enabled       in-flight batches have ended
 */
export interface EventSourceMappings {
  /** Starts them all; rejects when one can't be started, after the others have come to an end of their start. */
  start(): Promise<void>;
  list(): readonly MappingAtWork[];
  /** Of those that have been started. */
  status(): Promise<readonly MappingStatus[]>;
  /** As `status`, of one; `undefined` before it has been started. */
  statusOf(uuid: string): Promise<MappingStatus | undefined>;
  /**
   * Asks for a mapping to read its source or to leave it alone, for this run and the next ones; what it is already
   * changes nothing. `in-use`: it is between two states, and nothing is changed.
   */
  setEnabled(uuid: string, enabled: boolean): 'accepted' | 'in-use' | 'unknown';
  /** Waits for no invocation longer than a source's `stop` does. Resolves when no source is left. Idempotent. */
  stop(): Promise<void>;
}

export interface MappingsPorts {
  /** Starts the source of a mapping, which counts in `tally`; of one that isn't enabled, a source that reads nothing. */
  readonly startSource: (mapping: MappingModel, tally: Tally) => Promise<EventSource>;
  readonly enabled: EnabledStore;
  /** Epoch milliseconds. */
  readonly clock: () => number;
  readonly log: (line: string) => void;
}

interface Entry {
  readonly mapping: MappingModel;
  state: MappingState;
  reason: string;
  lastModifiedMs: number;
  /** Of all its sources, one after the other. */
  readonly tally: Tally;
  /** The last one that was started: what it did shows in the status after its end, too. */
  source: EventSource | undefined;
  /** Settles with the last change of state; never rejects. */
  transition: Promise<void>;
}

const BY_USER = 'USER_INITIATED';

export function eventSourceMappings(
  mappings: readonly MappingModel[],
  ports: MappingsPorts,
): EventSourceMappings {
  const entries = new Map(mappings.map((mapping) => [mapping.uuid, entryOf(mapping, ports.clock())]));
  const stopping = Promise.withResolvers<void>();
  let stopped: Promise<void> | undefined;

  function move(entry: Entry, state: MappingState, reason = BY_USER): void {
    entry.state = state;
    entry.reason = reason;
    entry.lastModifiedMs = ports.clock();
  }

  async function startSource(entry: Entry, enabled: boolean): Promise<void> {
    entry.source = await ports.startSource({ ...entry.mapping, enabled }, entry.tally);
    move(entry, enabled ? 'Enabled' : 'Disabled');
  }

  async function enable(entry: Entry): Promise<void> {
    try {
      await entry.source?.stop();
      if (stopped === undefined) await startSource(entry, true);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      ports.enabled.save(entry.mapping, false);
      move(entry, 'Disabled', why);
      ports.log(`${entry.mapping.path}: it can't be enabled (${why})`);
    }
  }

  /** When everything stops, nothing waits for the function any longer. */
  async function disable(entry: Entry): Promise<void> {
    try {
      await Promise.race([entry.source?.drain(), stopping.promise]);
      await entry.source?.stop();
      move(entry, 'Disabled');
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      move(entry, 'Disabled', why);
      ports.log(`${entry.mapping.path}: it didn't stop as it should (${why})`);
    }
  }

  function statusOf(entry: Entry): Promise<MappingStatus> | undefined {
    return entry.source?.status().then((status) => ({ ...status, state: entry.state }));
  }

  async function stop(): Promise<void> {
    stopping.resolve();
    await Promise.all(
      [...entries.values()].map(async (entry) => {
        // A source that is just starting is known only then.
        await entry.transition;
        await entry.source?.stop();
      }),
    );
  }

  return {
    async start() {
      const starts = [...entries.values()].map((entry) => {
        const started = startSource(entry, ports.enabled.load(entry.mapping));
        entry.transition = started.catch(() => undefined);
        return started;
      });
      for (const result of await Promise.allSettled(starts))
        if (result.status === 'rejected') throw result.reason;
    },
    list: () => [...entries.values()],
    status: () => Promise.all([...entries.values()].flatMap((entry) => statusOf(entry) ?? [])),
    statusOf: async (uuid) => {
      const entry = entries.get(uuid);
      return entry && statusOf(entry);
    },
    setEnabled(uuid, enabled) {
      const entry = entries.get(uuid);
      if (entry === undefined) return 'unknown';
      if (entry.state !== 'Enabled' && entry.state !== 'Disabled') return 'in-use';
      if ((entry.state === 'Enabled') === enabled) return 'accepted';
      ports.enabled.save(entry.mapping, enabled);
      move(entry, enabled ? 'Enabling' : 'Disabling');
      entry.transition = enabled ? enable(entry) : disable(entry);
      return 'accepted';
    },
    stop() {
      stopped ??= stop();
      return stopped;
    },
  };
}

function entryOf(mapping: MappingModel, now: number): Entry {
  return {
    mapping,
    state: 'Creating',
    reason: BY_USER,
    lastModifiedMs: now,
    tally: emptyTally(),
    source: undefined,
    transition: Promise.resolve(),
  };
}
