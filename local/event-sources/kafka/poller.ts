import type { Consumer, ConsumerGroupJoinEvent, EachBatchPayload, Kafka, KafkaMessage } from 'kafkajs';
import { isComingUp } from '../../kafka/admin.ts';
import { unreadableBatch } from '../../kafka/record-batches.ts';
import type { Delivery } from '../delivery/driver.ts';
import { backPressure } from './back-pressure.ts';
import { type Committer, committer, type Offsets } from './committer.ts';
import { type KafkaRecord, kafkaRecord, partitionKey } from './event.ts';

/** One member of the mapping's consumer group: it feeds the delivery rules and commits for them. */
export interface Poller {
  /** Resolves when it is a member of the group and has its assignment, or when it has failed and goes on trying. */
  readonly started: Promise<void>;
  /** Commits the next offset to read of a partition; nothing if the partition has been lost. */
  commit(partition: number, offset: number): void;
  /** Resolves when everything asked for is committed. */
  committed(): Promise<void>;
  /** Leaves the group. Uncommitted offsets are given up. */
  stop(): Promise<void>;
}

export interface PollerOptions {
  readonly kafka: Kafka;
  /** Which poller of the mapping this is, from 0. */
  readonly id: number;
  readonly topic: string;
  /** How many partitions the topic has. */
  readonly partitions: number;
  readonly groupId: string;
  readonly batchSize: number;
  readonly delivery: Delivery<KafkaRecord>;
  /** Told when the member dies and a new one will take its place. */
  readonly crashed: (error: Error) => void;
  /** Told each time the member is part of the group. */
  readonly joined: () => void;
  /** Told that a partition can't be read from there on; again only when the place or the reason is another one. */
  readonly unreadable: (where: Unreadable) => void;
  /** Told that what couldn't be read of a partition is in nobody's way here any more. */
  readonly readable: (partition: number) => void;
}

/** Where a partition can't be read. */
export interface Unreadable {
  readonly partition: number;
  /** The next offset to read. */
  readonly offset: string;
  /** The offset behind what can't be read; null if that isn't known. */
  readonly behind: string | null;
  readonly reason: string;
}

/**
 * A fetch waits this long for records, and a member hears of a rebalance between fetches, so this also bounds how long
 * it takes to take a new member in and to stop.
 */
const FETCH_WAIT_MS = 500;
const HEARTBEAT_MS = 500;
/** The least that brokers allow by default: how long a group waits for a member that was killed. */
const SESSION_TIMEOUT_MS = 6_000;

/** What can't be read may be gone one day, by the topic's retention or because somebody has mended it. */
const UNREADABLE_AGAIN_MS = 5_000;

const RESTART_MS = { first: 250, cap: 4_000 };

/**
 * Right after its broker a group coordinator loads for a moment: the normal beginning, and no failure unless it lasts
 * for more than these restarts, about eight seconds.
 */
const PATIENT_RESTARTS = 5;
/** Starts a member, and starts it anew, with growing pauses, whenever it dies. */
export function startPoller(options: PollerOptions): Poller {
  const { delivery, topic } = options;
  const assigned = new Set<number>();
  /** Of each assigned partition that has been read: the next offset to fetch. */
  const positions = new Map<number, string>();
  /** Assigned partitions that can't be read on; they are paused. */
  const stuck = new Map<number, { readonly where: Unreadable; readonly again: NodeJS.Timeout }>();
  let memberId: string | undefined;
  let consumer: Consumer | undefined;
  let commits: Committer | undefined;
  let crashes = 0;
  let restart: NodeJS.Timeout | undefined;
  let stopping = false;
  const started = Promise.withResolvers<void>();

  const keyOf = (partition: number) => partitionKey(topic, partition);
  const room = backPressure({
    batchSize: options.batchSize,
    queued: (partition) => delivery.queued(keyOf(partition)),
    // A partition that can't be read is fetched no more, so nobody else may wait for it.
    reading: () => new Set([...assigned].filter((partition) => !stuck.has(partition))),
    until: delivery.until,
    pause: (partition) => consumer?.pause([{ topic, partitions: [partition] }]),
    resume(partition) {
      if (!stuck.has(partition)) resume(partition);
    },
  });

  function resume(partition: number): void {
    try {
      consumer?.resume([{ topic, partitions: [partition] }]);
    } catch {
      // The member has just died, which kafkajs is about to tell; the next one begins with nothing paused.
    }
  }

  /** Leaves a partition alone for a while: kafkajs would ask for the same again at once, and without end. */
  function getStuck(member: Consumer, where: Unreadable): void {
    const { partition } = where;
    const before = stuck.get(partition);
    clearTimeout(before?.again);
    const again = setTimeout(() => resume(partition), UNREADABLE_AGAIN_MS);
    stuck.set(partition, { where, again });
    member.pause([{ topic, partitions: [partition] }]);
    if (before?.where.offset !== where.offset || before.where.reason !== where.reason)
      options.unreadable(where);
  }

  function getUnstuck(partition: number): void {
    const found = stuck.get(partition);
    if (found === undefined) return;
    clearTimeout(found.again);
    stuck.delete(partition);
    options.readable(partition);
  }

  /** Begins with nothing that an earlier membership knew of these partitions. */
  function forget(partitions: Iterable<number>): void {
    for (const partition of [...partitions]) {
      assigned.delete(partition);
      positions.delete(partition);
      getUnstuck(partition);
    }
  }

  /**
   * Begins to read what the member is given, and goes on with what it kept.
   *
   *     generation       7           8            9
   *     poller 0      orders-1       ?         orders-1     its SyncGroup of 8 was told that 9 is being formed
   *     poller 1      orders-0    orders-1     orders-0     took orders-1 over, and with it what poller 0 had queued
   *
   * So whether a partition was kept isn't seen from the assignments alone: the delivery rules know whose it was.
   */
  function onJoin(member: Consumer, event: ConsumerGroupJoinEvent): void {
    if (member !== consumer) return;
    const now = event.payload.memberAssignment[topic] ?? [];
    // A member that comes back under a new id has missed what happened meanwhile: it kept nothing.
    const rejoined = event.payload.memberId !== memberId;
    memberId = event.payload.memberId;
    crashes = 0;
    const keeps = (partition: number) =>
      !rejoined && now.includes(partition) && delivery.owns(options.id, keyOf(partition));
    const lost = [...assigned].filter((partition) => !keeps(partition));
    commits?.drop(lost);
    forget(lost);
    for (const partition of lost) member.resume([{ topic, partitions: [partition] }]);
    for (const partition of now) {
      assigned.add(partition);
      // kafkajs begins at the committed offset again after every join; a partition that was kept goes on.
      const position = positions.get(partition);
      if (position !== undefined) member.seek({ topic, partition, offset: position });
    }
    delivery.assigned(options.id, now.map(keyOf), rejoined);
    options.joined();
    started.resolve();
  }

  async function onBatch(member: Consumer, payload: EachBatchPayload): Promise<void> {
    const { partition, messages } = payload.batch;
    if (stopping || member !== consumer || messages.length === 0 || !assigned.has(partition)) return;
    const { records, unreadable } = readable(topic, partition, messages);
    const last = records.at(-1);
    if (last !== undefined) {
      // Resolved before anything can fail, so that no batch is fetched, and queued, twice.
      payload.resolveOffset(String(last.offset));
      positions.set(partition, String(last.offset + 1));
      commits ??= committer((offsets) => payload.commitOffsetsIfNecessary(commitRequest(topic, offsets)));
      delivery.fetched(options.id, keyOf(partition), records);
    }
    if (unreadable === undefined) getUnstuck(partition);
    else
      getStuck(member, {
        partition,
        offset: positions.get(partition) ?? fetchedFrom(payload),
        ...unreadable,
      });
    await room(partition, payload.heartbeat);
  }

  async function start(): Promise<void> {
    const member = options.kafka.consumer({
      groupId: options.groupId,
      allowAutoTopicCreation: false,
      sessionTimeout: SESSION_TIMEOUT_MS,
      heartbeatInterval: HEARTBEAT_MS,
      rebalanceTimeout: SESSION_TIMEOUT_MS,
      maxWaitTimeInMs: FETCH_WAIT_MS,
      // A member that fails is replaced here, so that there is one way to come back and not two.
      retry: { initialRetryTime: 50, retries: 5, restartOnFailure: async () => false },
    });
    consumer = member;
    member.on(member.events.GROUP_JOIN, (event) => onJoin(member, event));
    member.on(member.events.CRASH, ({ payload }) => onCrash(member, payload.error));
    // kafkajs keeps a connection that has stopped answering, and asks on it again and again: a minute and more without
    // a word to the group.
    member.on(member.events.REQUEST_TIMEOUT, ({ payload }) =>
      onCrash(member, new Error(`no answer to ${payload.apiName} from ${payload.broker}`)),
    );
    try {
      await member.connect();
      await member.subscribe({ topics: [topic], fromBeginning: true });
      if (stopping || member !== consumer) return;
      await member.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        // Each partition's records are queued the moment they are there, whatever another one waits for.
        partitionsConsumedConcurrently: options.partitions,
        eachBatch: (payload) => onBatch(member, payload),
      });
    } catch (error) {
      onCrash(member, error instanceof Error ? error : new Error(String(error)));
    }
  }

  function onCrash(member: Consumer, error: Error): void {
    if (stopping || member !== consumer) return;
    consumer = undefined;
    commits?.close();
    commits = undefined;
    memberId = undefined;
    forget(assigned);
    delivery.assigned(options.id, [], true);
    if (!isComingUp(error) || crashes >= PATIENT_RESTARTS) {
      options.crashed(error);
      started.resolve();
    }
    void member.disconnect().catch(() => {});
    const delay = Math.min(RESTART_MS.cap, RESTART_MS.first * 2 ** crashes);
    crashes += 1;
    restart = setTimeout(() => {
      starting = start();
    }, delay);
  }

  let starting = start();
  return {
    started: started.promise,
    commit(partition, offset) {
      if (assigned.has(partition)) commits?.offer(partition, offset);
    },
    committed: async () => commits?.idle(),
    async stop() {
      stopping = true;
      started.resolve();
      clearTimeout(restart);
      commits?.close();
      // Ends whatever waits for room.
      forget(assigned);
      delivery.assigned(options.id, [], true);
      await starting;
      await consumer?.disconnect();
    },
  };
}

/** The records of a fetch as far as they can be read, and why no further. */
function readable(
  topic: string,
  partition: number,
  messages: readonly KafkaMessage[],
): {
  readonly records: readonly KafkaRecord[];
  readonly unreadable?: Pick<Unreadable, 'behind' | 'reason'>;
} {
  const records: KafkaRecord[] = [];
  for (const message of messages) {
    try {
      records.push(kafkaRecord(topic, partition, message));
    } catch (error) {
      // A record that no string can hold, too: Lambda's own limit is far below.
      const batch = unreadableBatch(message);
      const last = batch === undefined ? BigInt(message.offset) : batch.last;
      const behind = last === null ? null : String(last + 1n);
      return { records, unreadable: { behind, reason: batch?.reason ?? String(error) } };
    }
  }
  return { records };
}

/** Where kafkajs began to fetch, which it knows and its types don't. */
function fetchedFrom({ batch }: EachBatchPayload): string {
  return 'fetchedOffset' in batch ? String(batch.fetchedOffset) : 'unknown';
}

function commitRequest(topic: string, offsets: Offsets) {
  const partitions = [...offsets].map(([partition, offset]) => ({ partition, offset: String(offset) }));
  return { topics: [{ topic, partitions }] };
}
