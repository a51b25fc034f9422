import type { DeliveryRules, GiveUp } from '../../../local/event-sources/delivery/state.ts';
import {
  type KafkaRecord,
  kafkaEvent,
  kafkaRecord,
  locateKafkaRecord,
  partitionKey,
} from '../../../local/event-sources/kafka/event.ts';
import { type EventSource, type EventSourcePorts, eventSource } from '../event-source.ts';
import type { Topic, TopicRecord } from './topic.ts';

export const ENVELOPE = { eventSourceArn: 'arn:aws:kafka:orders', bootstrapServers: 'broker:9098' };

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
