import { backOffMs } from '../../local/event-sources/delivery/settlement.ts';
import type { DeliveryRules } from '../../local/event-sources/delivery/state.ts';
import { locateStreamRecord, streamEvent } from '../../local/event-sources/dynamodb-stream/event.ts';
import { type EventSource, type EventSourcePorts, eventSource } from './event-source.ts';
import { onFailure } from './kafka/on-failure.ts';
import type { Topic } from './kafka/topic.ts';
import { topicSource } from './kafka/topic-source.ts';
import { COLLECTOR, GROUPS, type Group } from './names.ts';
import type { Scenario } from './scenario.ts';
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
