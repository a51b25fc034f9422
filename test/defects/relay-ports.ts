import { IN_REAL_TIME } from '../../functions/backoff.ts';
import { dynamoDbClient } from '../../functions/dynamodb.ts';
import { kafkaClient } from '../../functions/kafka/client.ts';
import { kafkaPublisher } from '../../functions/kafka/producer.ts';
import { type EventPublisher, PublishError } from '../../functions/kafka/publisher.ts';
import { functionLogger } from '../../functions/logger.ts';
import { dynamoDbOutbox } from '../../functions/relay/outbox.ts';
import type { RelayPorts } from '../../functions/relay/relay.ts';
import { variablesOf } from './variables.ts';

/** The relay's ports as in production, but for a broker that is in trouble at the first publication. */
export function portsWithTroubledBroker(): RelayPorts {
  const [outbox, topic, bootstrapServers] = variablesOf('OUTBOX_TABLE', 'TOPIC', 'KAFKA_BOOTSTRAP_SERVERS');
  const kafka = {
    KAFKA_BOOTSTRAP_SERVERS: bootstrapServers,
    KAFKA_AUTH: 'none' as const,
    AWS_REGION: 'us-east-1',
  };
  return {
    outbox: dynamoDbOutbox(dynamoDbClient(), outbox),
    publisher: failingOnce(kafkaPublisher(() => kafkaClient('defect', kafka), Date.now)),
    topic,
    timeout: IN_REAL_TIME.timeout,
    logger: functionLogger('relay'),
  };
}

function failingOnce(publisher: EventPublisher): EventPublisher {
  let failed = false;
  return {
    partitionOf: publisher.partitionOf,
    async publish(topic, records, signal) {
      if (failed) return publisher.publish(topic, records, signal);
      failed = true;
      throw new PublishError('PUBLISH_FAILED', topic, new Error('the broker is in trouble'));
    },
  };
}
