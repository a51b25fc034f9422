import { backOffMs } from '../../local/event-sources/delivery/back-off.ts';
import type { DeliveryRules, GiveUp } from '../../local/event-sources/delivery/state.ts';
import { locateStreamRecord, streamEvent } from '../../local/event-sources/dynamodb-stream/event.ts';
import { deadLetters } from '../../local/event-sources/kafka/dead-letter.ts';
import {
  type KafkaRecord,
  kafkaEvent,
  kafkaRecord,
  locateKafkaRecord,
  partitionKey,
} from '../../local/event-sources/kafka/event.ts';
import { type EventSource, type EventSourcePorts, eventSource } from './event-source.ts';
import type { Topic } from './kafka/topic.ts';
import { GROUPS, type Group } from './names.ts';
import type { Scenario } from './scenario.ts';
import type { ShardRecord } from './stream.ts';

const MAX_EVENT_BYTES = 6 * 1024 * 1024;
/** A batch is in flight for each partition, at most. */
const MAX_IN_FLIGHT = 5;
/** Of the relay's mapping on the outbox's stream, as lib/orders-stack.ts has it. */
const STREAM_RETRIES = 5;

export interface Mapped extends EventSourcePorts {
  readonly scenario: Scenario;
}

/** The mapping of the outbox's stream to the relay. What it gives up is left to the sweep. */
export function streamMapping(
  shards: ReadonlyMap<string, readonly ShardRecord[]>,
  world: Mapped,
): EventSource {
  return eventSource<ShardRecord>(
    {
      name: 'stream',
      functionName: 'relay',
      partitions: [...shards.keys()],
      read: (shard) => shards.get(shard) ?? [],
      after: ({ index }) => index + 1,
      rules: {
        ...common(world),
        batchSize: world.scenario.batchSize,
        windowMs: 0,
        maxInFlight: 1,
        maximumRetryAttempts: STREAM_RETRIES,
        bisect: false,
        partialResponse: 'checkpoint',
      },
      // Each shard is read by a poller of its own.
      pollers: shards.size,
      render: streamEvent,
      locate: locateStreamRecord,
      giveUp: (_givenUp, done) => void world.clock.after(1, done),
      committing: () => undefined,
      upsets: { restarted: 'stream reader restarted' },
    },
    world,
  );
}

/** The mapping of the topic to a consumer, under its group. */
export function topicMapping(
  group: Group,
  topic: Topic,
  letters: Topic,
  world: Mapped,
  committing: (partition: number, from: number, to: number) => void,
): EventSource {
  const { clock, random, faults, scenario } = world;
  const functionName = GROUPS[group];
  const rendered = new Map<string, KafkaRecord[]>(
    topic.partitions.map((_, partition) => [partitionKey(topic.name, partition), []]),
  );
  const envelope = { eventSourceArn: 'arn:aws:kafka:orders', bootstrapServers: 'broker:9098' };
  let ids = 0;

  /** Again until the topic has said that it has it. */
  function write(key: Buffer | null, value: string, done: () => void): void {
    const append = () =>
      letters.append(0, [{ key, value: Buffer.from(value), headers: {}, timestamp: clock.now() }], group);
    clock.after(random.int(1, 10), () => {
      if (faults.strikes('dead letter topic failed', group)) {
        if (random.hits(0.5)) append();
        clock.after(1_000, () => write(key, value, done));
        return;
      }
      append();
      done();
    });
  }

  function giveUp(givenUp: GiveUp<KafkaRecord>, done: () => void): void {
    const messages = deadLetters(
      givenUp,
      { deadLetters: random.hits(0.5) ? 'per-record' : 'per-group' },
      {
        functionArn: `arn:aws:lambda:us-east-1:000000000000:function:${functionName}`,
        envelope,
        now: clock.now(),
        newId: () => `letter-${++ids}`,
      },
    );
    let left = messages.length;
    for (const { key, value } of messages) {
      write(key, value, () => {
        left -= 1;
        if (left === 0) done();
      });
    }
  }

  const source = eventSource<KafkaRecord>(
    {
      name: group,
      functionName,
      partitions: [...rendered.keys()],
      read: (partition) => rendered.get(partition) ?? [],
      after: ({ offset }) => offset + 1,
      rules: {
        ...common(world),
        batchSize: scenario.batchSize,
        windowMs: random.pick([0, 500]),
        maxInFlight: MAX_IN_FLIGHT,
        maximumRetryAttempts: scenario.retryAttempts,
        bisect: true,
        partialResponse: random.pick(['selective', 'selective', 'checkpoint']),
      },
      pollers: scenario.pollers,
      render: ({ slices, invocations }) =>
        kafkaEvent(invocations > 0 && random.hits(0.5) ? undefined : envelope, slices),
      locate: locateKafkaRecord,
      giveUp,
      committing: (key, from, to) => committing(Number(key.slice(topic.name.length + 1)), from, to),
      upsets: { restarted: 'group restarted', shared: 'group rebalanced', rewound: 'group rewound' },
    },
    world,
  );
  topic.onAppend((partition, { offset, timestamp, key, value, headers }) => {
    const name = partitionKey(topic.name, partition);
    const message = {
      key,
      value,
      headers,
      offset: String(offset),
      timestamp: String(timestamp),
      attributes: 0,
    };
    rendered.get(name)?.push(kafkaRecord(topic.name, partition, message));
    source.appended(name);
  });
  return source;
}

function common({
  random,
}: Mapped): Pick<DeliveryRules, 'maxBytes' | 'sliceBytes' | 'backOffMs' | 'maximumRecordAgeMs'> {
  return {
    maxBytes: MAX_EVENT_BYTES,
    sliceBytes: 20,
    backOffMs: (attempt) => backOffMs(attempt, random.float()),
    maximumRecordAgeMs: undefined,
  };
}
