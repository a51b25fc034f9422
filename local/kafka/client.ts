import { Kafka, type KafkaConfig, type LogEntry, logLevel } from 'kafkajs';
import { quietRequestQueues } from './quiet.ts';
import { readEveryBatch } from './record-batches.ts';

export interface KafkaClientOptions {
  /** `host:port`, several separated by commas. */
  readonly bootstrapServers: string;
  /** Shows up in the broker's logs and in group descriptions. */
  readonly clientId: string;
  /** Gets a line for what a person should know; by default nothing is said. */
  readonly log?: (line: string) => void;
}

/**
 * A kafkajs client for a plaintext broker.
 *
 * Requests time out after 10 s and connections after 3 s (kafkajs' 1 s is short for a broker that has just started on a
 * busy machine); retriable errors are tried again for about 4 s, quickly at first, because a fresh broker answers
 * "coordinator not available" a few times. Make one client per group member: kafkajs keeps a group's committed offsets
 * per client, and members that share one overwrite each other's. Consumers read every codec that Kafka has; a batch that can't
 * be read is a message for which `unreadableBatch` says why.
 */
export function kafkaClient(options: KafkaClientOptions): Kafka {
  quietRequestQueues();
  readEveryBatch();
  return new Kafka({
    clientId: options.clientId,
    brokers: options.bootstrapServers.split(','),
    connectionTimeout: 3_000,
    requestTimeout: 10_000,
    retry: { initialRetryTime: 25, multiplier: 2, maxRetryTime: 1_000, retries: 8 },
    logLevel: logLevel.WARN,
    logCreator: logTo(options.log),
  });
}

type LogCreator = NonNullable<KafkaConfig['logCreator']>;

function logTo(log: ((line: string) => void) | undefined): LogCreator {
  return () => (entry) => {
    if (log !== undefined && isWorthAPersonsEye(entry)) log(`kafka: ${entry.log.message}`);
  };
}

/** Most of what kafkajs warns about is the normal life of a group, or retried at once. */
function isWorthAPersonsEye({ namespace, log: { message } }: LogEntry): boolean {
  if (namespace === 'BrokerPool') return message.startsWith('Failed to connect to broker');
  return message.startsWith('Offset out of range') || message.startsWith('Failed to send messages');
}
