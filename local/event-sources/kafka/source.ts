import type { Admin } from 'kafkajs';
import { toRun } from '../../command-line.ts';
import { LocalCloudError } from '../../errors.ts';
import { askBroker, isUnreachable } from '../../kafka/admin.ts';
import { kafkaClient } from '../../kafka/client.ts';
import type { Invoke } from '../../lambda/invocation.ts';
import type { KafkaMappingModel } from '../../resources/kafka-mapping.ts';
import { startDelivery } from '../delivery/driver.ts';
import { backOffMs } from '../delivery/settlement.ts';
import type { Batch } from '../delivery/state.ts';
import { count, emptyTally, failureLine, type Tally } from '../delivery/tally.ts';
import { judge } from '../delivery/verdict.ts';
import { DRAIN_MS, type EventSource } from '../mappings.ts';
import type { Emulation } from './emulation.ts';
import {
  envelopeBytes,
  type KafkaRecord,
  kafkaEvent,
  locateKafkaRecord,
  partitionKey,
  sliceBytes,
} from './event.ts';
import { givingUp } from './giving-up.ts';
import { fixStartingOffsets, groupPositions } from './offsets.ts';
import { type Poller, startPoller, type Unreadable } from './poller.ts';

export interface KafkaSourcePorts {
  /** `host:port`, several separated by commas. */
  readonly bootstrapServers: string;
  readonly invoke: Invoke;
  /** Epoch milliseconds. */
  readonly clock: () => number;
  /** A number in [0, 1). */
  readonly random: () => number;
  readonly log: (line: string) => void;
  /** What it does where AWS's documents leave a choice. */
  readonly emulation: Emulation;
  readonly newId: () => string;
  /** Where it counts. @default its own */
  readonly tally?: Tally;
}

/** Lambda's limit for the event of a synchronous invocation. */
const MAX_EVENT_BYTES = 6 * 1024 * 1024;
/** What one poller of provisioned mode runs at once (https://docs.aws.amazon.com/lambda/latest/dg/kafka-scaling-modes.html). */
const INVOCATIONS_PER_POLLER = 5;
/**
 * What Lambda makes of infinite retries when there is an on-failure destination
 * (https://docs.aws.amazon.com/lambda/latest/dg/kafka-retry-configurations.html).
 */
const RETRIES_BEFORE_DESTINATION = 10;
const STATUS_WITHIN_MS = 5_000;
const STOP_MS = { invocations: 1_000, commits: 300, leave: 1_500 };
const CONNECTION_PROBLEM =
  'PROBLEM: Connection error. Please check your event source connection configuration.';

/**
 * Runs an event source mapping on a Kafka topic, as Lambda does: its pollers are members of the mapping's consumer
 * group, each batch is one synchronous invocation, and a partition's offset is committed once its records are handled.
 *
 * Resolves when the pollers are members of the group; a mapping that isn't enabled reads nothing. While the broker is
 * away it goes on trying. Rejects with `PROVISIONING_FAILED` if the topic can't be found, or with kafkajs' error if no
 * broker answers at the start.
 */
export async function startKafkaEventSource(
  mapping: KafkaMappingModel,
  ports: KafkaSourcePorts,
): Promise<EventSource> {
  const { topic, groupId, functionName } = mapping;
  const source = `${topic} as ${groupId}`;
  const client = (suffix: string) =>
    kafkaClient({
      bootstrapServers: ports.bootstrapServers,
      clientId: `${mapping.logicalId}-${suffix}`,
      log: ports.log,
    });
  const partitions = await askBroker(client('start'), async (admin) => {
    const count = await partitionCount(admin, mapping);
    if (mapping.enabled) await fixStartingOffsets(client('start'), admin, mapping);
    return count;
  });
  const envelope = { eventSourceArn: mapping.clusterArn, bootstrapServers: ports.bootstrapServers };
  const tally = ports.tally ?? emptyTally();
  const pollers: Poller[] = [];
  const { giveUp, lost, close } = givingUp({
    ...ports,
    mapping,
    source,
    envelope,
    tally,
    kafka: client('on-failure'),
  });

  const delivery = startDelivery<KafkaRecord>(
    {
      batchSize: mapping.batchSize,
      windowMs: mapping.windowMs,
      maxBytes: MAX_EVENT_BYTES - envelopeBytes(envelope),
      sliceBytes: sliceBytes(topic, partitions),
      maxInFlight: INVOCATIONS_PER_POLLER,
      backOffMs: (attempt) => backOffMs(attempt, ports.random(), ports.emulation.longestBackOffMs),
      maximumRetryAttempts: retries(mapping),
      maximumRecordAgeMs: mapping.maximumRecordAgeMs,
      bisect: mapping.bisect,
      partialResponse: ports.emulation.partialResponse,
    },
    {
      clock: ports.clock,
      deliver: async (batch) =>
        judge(batch, await ports.invoke(functionName, event(batch)), {
          partialResponses: mapping.partialResponses,
          locate: locateKafkaRecord,
        }),
      giveUp,
      lost,
      commit: ({ poller, partition, last }) =>
        pollers[poller]?.commit(Number(partition.slice(topic.length + 1)), last.offset + 1),
      ended(batch, verdict, failed) {
        count(tally, batch, verdict, failed);
        if (verdict.kind !== 'handled') ports.log(failureLine(source, batch, verdict, failed));
      },
    },
  );

  function event(batch: Batch<KafkaRecord>): string {
    const isRedelivered = batch.invocations > 0;
    const bare = isRedelivered && ports.emulation.redelivery === 'records-only';
    return kafkaEvent(bare ? undefined : envelope, batch.slices);
  }

  /** Partitions that can't be read on, each with what is said of it. */
  const unreadable = new Map<number, string>();
  function cantBeRead({ partition, offset, behind, reason }: Unreadable): void {
    const name = partitionKey(topic, partition);
    unreadable.set(partition, `${name} can't be read from offset ${offset} on: ${reason}`);
    const to = behind === null ? `${name}=<an offset behind it>` : `${name}=${behind}`;
    ports.log(
      `${source}: ${unreadable.get(partition)}. Its other partitions go on. ` +
        `To pass over it: ${toRun(`mapping rewind ${groupId} --to ${to} --pass-over --execute`)}`,
    );
  }

  if (mapping.enabled) {
    for (let id = 0; id < Math.min(mapping.pollers, partitions); id += 1) {
      pollers.push(
        startPoller({
          kafka: client(String(id)),
          id,
          topic,
          partitions,
          groupId,
          batchSize: mapping.batchSize,
          delivery,
          unreadable: cantBeRead,
          readable: (partition) => unreadable.delete(partition),
          joined() {
            if (tally.lastProcessingResult !== CONNECTION_PROBLEM) return;
            tally.lastProcessingResult = 'OK';
            ports.log(`${source}: the broker is back`);
          },
          crashed(error) {
            if (tally.lastProcessingResult === CONNECTION_PROBLEM) return;
            tally.lastProcessingResult = CONNECTION_PROBLEM;
            ports.log(`${source}: the broker is gone, trying again until it is back (${error.message})`);
          },
        }),
      );
    }
    await Promise.all(pollers.map((poller) => poller.started));
  }

  let stopped: Promise<void> | undefined;
  async function stop(): Promise<void> {
    await delivery.stop(STOP_MS.invocations);
    await within(STOP_MS.commits, Promise.all(pollers.map((poller) => poller.committed())));
    await within(STOP_MS.leave, Promise.allSettled([...pollers.map((poller) => poller.stop()), close()]));
  }

  /** Undefined while the broker is known to be away, or doesn't answer. */
  const positions = () =>
    tally.lastProcessingResult === CONNECTION_PROBLEM
      ? undefined
      : askBroker(client('status'), (admin) => groupPositions(admin, topic, groupId), STATUS_WITHIN_MS).catch(
          (error: unknown) => {
            if (isUnreachable(error)) return undefined;
            throw error;
          },
        );

  return {
    async status() {
      const partitions = await positions();
      return {
        logicalId: mapping.logicalId,
        uuid: mapping.uuid,
        kind: mapping.kind,
        functionName,
        state: mapping.enabled && stopped === undefined ? 'Enabled' : 'Disabled',
        source,
        partitions: partitions ?? [],
        ...tally,
        ...(unreadable.size > 0 && {
          lastProcessingResult: `PROBLEM: ${[...unreadable.values()].join('; ')}`,
        }),
        ...(partitions === undefined && { lastProcessingResult: CONNECTION_PROBLEM }),
      };
    },
    drain: () => delivery.stop(DRAIN_MS),
    stop() {
      stopped ??= stop();
      return stopped;
    },
  };
}

function retries({ maximumRetryAttempts, onFailureTopic }: KafkaMappingModel): number | 'infinite' {
  return maximumRetryAttempts === 'infinite' && onFailureTopic !== undefined
    ? RETRIES_BEFORE_DESTINATION
    : maximumRetryAttempts;
}

async function partitionCount(admin: Admin, { logicalId, topic }: KafkaMappingModel): Promise<number> {
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] }).catch((cause: unknown) => {
    const message = `${logicalId} reads topic ${topic}, which the broker doesn't have.`;
    throw new LocalCloudError('PROVISIONING_FAILED', message, { cause });
  });
  return topics[0]?.partitions.length ?? 0;
}

/** Waits for `work`, but not longer: a broker that is gone must not keep a stop waiting. */
async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const bound = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work.then(() => {}), bound]);
  clearTimeout(timer);
}
