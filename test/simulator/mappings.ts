import { backOffMs } from '../../local/event-sources/delivery/settlement.ts';
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
import type { Chance } from '../support/chance.ts';
import { COLLECTOR, GROUPS, type Group } from './account.ts';
import { type EventSource, type EventSourcePorts, eventSource } from './event-source.ts';
import type { Topic, TopicRecord } from './kafka.ts';
import type { LambdaHost } from './lambda.ts';
import type { Scenario } from './scenario.ts';
import type { Scheduler } from './scheduler.ts';
import type { ShardRecord } from './stream.ts';

/** Of the relay's mapping on the outbox's stream, as lib/orders-stack.ts has it. */
const STREAM_RETRIES = 5;

export interface Mapped extends EventSourcePorts {
  readonly scenario: Scenario;
}

type OnCommit = (partition: number, from: number, to: number) => void;

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
        // Lambda polls four times a second.
        windowMs: world.random.pick([0, 250]),
        maxInFlight: 1,
        maximumRetryAttempts: STREAM_RETRIES,
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
export function consumerMapping(
  group: Group,
  topic: Topic,
  letters: Topic,
  world: Mapped,
  committing: OnCommit,
): EventSource {
  const { random, scenario } = world;
  const functionName = GROUPS[group];
  const rules: DeliveryRules = {
    ...common(world),
    windowMs: random.pick([0, 500]),
    maximumRetryAttempts: scenario.retryAttempts,
    bisect: true,
    partialResponse: random.pick(['selective', 'selective', 'checkpoint']),
  };
  const giveUp = onFailure(functionName, letters, world);
  return topicSource(
    { group, functionName, topic, rules, pollers: scenario.pollers, giveUp, committing },
    world,
  );
}

/** The mapping of the topic of dead letters to the collector, which gives nothing up. */
export function collectorMapping(letters: Topic, world: Mapped, committing: OnCommit): EventSource {
  return topicSource(
    {
      ...COLLECTOR,
      topic: letters,
      rules: {
        ...common(world),
        windowMs: 500,
        maximumRetryAttempts: 'infinite',
        partialResponse: 'selective',
      },
      pollers: 1,
      giveUp: () => {
        throw new Error('a mapping without a limit gave records up');
      },
      committing,
    },
    world,
  );
}

function common({ random, scenario }: Mapped) {
  return {
    batchSize: scenario.batchSize,
    maxBytes: 6 * 1024 * 1024,
    sliceBytes: 20,
    /** What a poller of provisioned mode runs at once. */
    maxInFlight: 5,
    bisect: false,
    maximumRecordAgeMs: undefined,
    backOffMs: (attempt: number) => backOffMs(attempt, random.float()),
  } satisfies Partial<DeliveryRules>;
}

const ENVELOPE = { eventSourceArn: 'arn:aws:kafka:orders', bootstrapServers: 'broker:9098' };

export interface TopicSourceOptions {
  /** The consumer group. */
  readonly group: string;
  readonly functionName: string;
  readonly topic: Topic;
  readonly rules: DeliveryRules;
  readonly pollers: number;
  readonly giveUp: (givenUp: GiveUp<KafkaRecord>, done: () => void) => void;
  readonly committing: (partition: number, from: number, to: number) => void;
}

/** A mapping of a topic to a function. A batch that is delivered again has been seen with nothing but its records. */
export function topicSource(options: TopicSourceOptions, ports: EventSourcePorts): EventSource {
  const { topic, committing } = options;
  const rendered = new Map<string, KafkaRecord[]>(
    topic.partitions.map((_, partition) => [partitionKey(topic.name, partition), []]),
  );
  const source = eventSource<KafkaRecord>(
    {
      name: options.group,
      functionName: options.functionName,
      partitions: [...rendered.keys()],
      read: (partition) => rendered.get(partition) ?? [],
      after: ({ offset }) => offset + 1,
      rules: options.rules,
      pollers: options.pollers,
      render: ({ slices, invocations }) =>
        kafkaEvent(invocations > 0 && ports.random.hits(0.5) ? undefined : ENVELOPE, slices),
      locate: locateKafkaRecord,
      giveUp: options.giveUp,
      committing: (key, from, to) => committing(Number(key.slice(topic.name.length + 1)), from, to),
      upsets: { restarted: 'group restarted', shared: 'group rebalanced', rewound: 'group rewound' },
    },
    ports,
  );
  topic.onAppend((partition, record) => {
    const name = partitionKey(topic.name, partition);
    rendered.get(name)?.push(lambdaRecord(topic, partition, record));
    source.appended(name);
  });
  return source;
}

/** A record as Lambda's event has it. */
export function lambdaRecord(topic: Topic, partition: number, record: TopicRecord): KafkaRecord {
  const { offset, timestamp, key, value, headers } = record;
  const message = {
    key,
    value,
    headers,
    offset: String(offset),
    timestamp: String(timestamp),
  };
  return kafkaRecord(topic.name, partition, message);
}

/** Writes what a mapping gives up to the topic of dead letters, again until the topic has said that it has it. */
function onFailure(
  functionName: string,
  letters: Topic,
  { clock, random, faults }: EventSourcePorts,
): (givenUp: GiveUp<KafkaRecord>, done: () => void) => void {
  let ids = 0;

  function write(key: Buffer | null, value: string, done: () => void): void {
    const append = () =>
      letters.append(
        random.int(0, letters.partitions.length - 1),
        [{ key, value: Buffer.from(value), headers: {}, timestamp: clock.now() }],
        `the mapping of ${functionName}`,
      );
    clock.after(random.int(1, 10), () => {
      if (!faults.strikes('dead letter topic failed', functionName)) {
        append();
        done();
        return;
      }
      if (random.hits(0.5)) append();
      clock.after(1_000, () => write(key, value, done));
    });
  }

  return (givenUp, done) => {
    const messages = deadLetters(
      givenUp,
      { deadLetters: random.hits(0.5) ? 'per-record' : 'per-group' },
      {
        functionArn: `arn:aws:lambda:us-east-1:000000000000:function:${functionName}`,
        envelope: ENVELOPE,
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
  };
}

/** As lib/orders-stack.ts has it. */
const EVERY_MS = 5 * 60_000;
/** Lambda tries an asynchronous invocation twice more. */
const RETRIES_MS = [60_000, 120_000];

/** The relay's schedule. */
export function startSweeping(clock: Scheduler, random: Chance, lambda: LambdaHost): void {
  const sweep = (retries: readonly number[]) =>
    lambda.invoke('relay', '{"detail-type":"Scheduled Event"}', (result) => {
      const [wait, ...rest] = retries;
      if (result.kind !== 'success' && wait !== undefined) clock.after(wait, () => sweep(rest));
    });
  const every = () => {
    sweep(RETRIES_MS);
    clock.background(EVERY_MS, every);
  };
  clock.background(random.int(0, EVERY_MS), every);
}
