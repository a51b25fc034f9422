import { Kafka, logLevel } from 'kafkajs';
import { IN_REAL_TIME } from '../../functions/backoff.ts';
import { dynamoDbClient } from '../../functions/dynamodb.ts';
import { kafkaClient } from '../../functions/kafka/client.ts';
import { kafkaPublisher } from '../../functions/kafka/producer.ts';
import { functionLogger } from '../../functions/logger.ts';
import type { OutboxRow } from '../../functions/outbox/row.ts';
import { dynamoDbOutbox } from '../../functions/relay/dynamodb-outbox.ts';
import { planDeletes } from '../../functions/relay/plan.ts';
import { relayHandler } from '../../functions/relay/relay.ts';
import { streamEvent } from '../../test/support/outbox-rows.ts';
import type { RelayContender } from './contract.ts';

/** Where events are moved from and to. */
interface Places {
  readonly bootstrapServers: string;
  readonly table: string;
  readonly topic: string;
}

/** Moves one batch of events. */
type Move = (rows: readonly OutboxRow[]) => Promise<unknown>;

const outboxOf = (table: string) => dynamoDbOutbox(dynamoDbClient(), table);

export const movers: Readonly<Record<RelayContender, (places: Places) => Promise<Move>>> = {
  /** As deployed, but for TLS and IAM. */
  async relay({ bootstrapServers, table, topic }) {
    const environment = {
      KAFKA_BOOTSTRAP_SERVERS: bootstrapServers,
      KAFKA_AUTH: 'none' as const,
      AWS_REGION: 'us-east-1',
    };
    const handle = relayHandler({
      outbox: outboxOf(table),
      publisher: kafkaPublisher(() => kafkaClient('bench-relay', environment), Date.now),
      topic,
      timeout: IN_REAL_TIME.timeout,
      logger: functionLogger('relay'),
    });
    return (rows) => handle(streamEvent(rows), { getRemainingTimeInMillis: () => 60_000 });
  },

  /** The relay's own reads and deletes, and nothing between them. */
  async 'engine alone'({ table }) {
    const store = outboxOf(table);
    return async (rows) => {
      await store.readFirstEvents(rows.map(({ orderId }) => orderId));
      await Promise.all(planDeletes(rows).map((keys) => store.delete(keys)));
    };
  },

  /** kafkajs as it comes, one batch after the other. */
  async 'bare producer'({ bootstrapServers, topic }) {
    const producer = new Kafka({ brokers: [bootstrapServers], logLevel: logLevel.NOTHING }).producer();
    await producer.connect();
    return (rows) =>
      producer.send({
        topic,
        acks: -1,
        messages: rows.map(({ event: { key, value, headers } }) => ({
          key,
          value: Buffer.from(value),
          headers: { ...headers },
        })),
      });
  },
};
