import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { DynamoDBStreamEvent } from 'aws-lambda';
import { onTestFinished } from 'vitest';
import { IN_REAL_TIME } from '../../functions/backoff.ts';
import { kafkaClient } from '../../functions/kafka/client.ts';
import { type KafkaPublisher, kafkaPublisher } from '../../functions/kafka/producer.ts';
import { type OutboxRow, toOutboxItem } from '../../functions/outbox/row.ts';
import { dynamoDbOutbox, outboxPages } from '../../functions/relay/outbox.ts';
import type { RelayPorts } from '../../functions/relay/relay.ts';
import { relayHandler, sweepHandler } from '../../functions/relay/relay.ts';
import { outboxTable, scan, testClient } from './dynamodb.ts';
import { testEngines } from './engines.ts';
import { nameOf } from './outbox-rows.ts';
import { recordedLog } from './recorded-log.ts';
import { readTopic, type TopicRecord, testKafka, testTopic } from './topics.ts';

/** Where the relay finds its engines, and where the test does: what stands between is the test's. */
export interface EngineRelayOptions {
  /** @default - MiniStack */
  readonly engine?: 'ministack' | 'dynamodbLocal';
  /** URL that the relay has for DynamoDB. @default - the engine itself */
  readonly endpoint?: string;
  /** Address of the broker. @default - the one that all tests share */
  readonly broker?: string;
  /** Address that the relay has for Kafka. @default - the broker itself */
  readonly bootstrapServers?: string;
  /** @default - one of three partitions, made for the test */
  readonly topic?: string;
}

/** The relay over a table and a topic of the test's own, on real engines. */
export async function engineRelay(rows: readonly OutboxRow[], options: EngineRelayOptions = {}) {
  const engines = testEngines();
  const { broker = engines.bootstrapServers, bootstrapServers = broker } = options;
  const kafka = testKafka(broker);
  const topic = options.topic ?? (await testTopic(kafka));
  const direct = testClient(engines[options.engine ?? 'ministack']);
  const table = await outboxTable(direct);
  const add = async (row: OutboxRow) => {
    await direct.send(new PutItemCommand({ TableName: table, Item: toOutboxItem(row) }));
  };
  for (const row of rows) await add(row);

  const client = options.endpoint === undefined ? direct : testClient(options.endpoint);
  const { logger, ...log } = recordedLog();
  /** The ports of another environment, with its own client; `wrap` breaks them. */
  const portsOf = (wrap: (ports: RelayPorts) => Partial<RelayPorts> = () => ({})): RelayPorts => {
    const ports: RelayPorts = {
      publisher: realPublisher(bootstrapServers),
      outbox: dynamoDbOutbox(client, table),
      topic,
      timeout: IN_REAL_TIME.timeout,
      logger,
    };
    return { ...ports, ...wrap(ports) };
  };
  return {
    topic,
    kafka,
    ...log,
    /** Of invocations that have their minute before them. */
    relay(wrap?: Parameters<typeof portsOf>[0]) {
      const handle = relayHandler(portsOf(wrap));
      return (event: DynamoDBStreamEvent) => handle(event, { getRemainingTimeInMillis: () => 60_000 });
    },
    /** The scheduled run, as if it were so many minutes after the latest event of `cancelledRow`. */
    sweep(minutesLater: number): Promise<void> {
      const clock = () => Date.parse('2026-03-01T13:00:00.000Z') + minutesLater * 60_000;
      return sweepHandler({ ...portsOf(), pages: () => outboxPages(client, table), clock })(() => 60_000);
    },
    add,
    records: () => readTopic(kafka, topic),
    left: async () => (await scan(direct, table)).length,
  };
}

/** The relay's publisher as it is deployed, but without TLS and IAM; closed when the test ends. */
function realPublisher(bootstrapServers: string): KafkaPublisher {
  const environment = {
    KAFKA_BOOTSTRAP_SERVERS: bootstrapServers,
    KAFKA_AUTH: 'none',
    AWS_REGION: 'us-east-1',
  } as const;
  const publisher = kafkaPublisher(() => kafkaClient('test', environment), Date.now);
  onTestFinished(() => publisher.close());
  return publisher;
}

/** The id of the event that a record holds. */
export const eventIdOf = ({ headers }: Pick<TopicRecord, 'headers'>) => new Map(headers).get('ce_id') ?? '';

/** The ids of an order's events in the order in which each first appeared. */
export function firstAppearances(records: readonly TopicRecord[], orderId: string): string[] {
  return [...new Set(records.filter(({ key }) => key === orderId).map(eventIdOf))];
}

/** How often each of the rows' events is on the topic; throws if one of the records differs in a byte from its row. */
export function copiesOf(rows: readonly OutboxRow[], records: readonly TopicRecord[]): number[] {
  return rows.map((row) => {
    const copies = records.filter((record) => eventIdOf(record) === nameOf(row));
    const { key, value, headers } = row.event;
    const written = JSON.stringify([key, Buffer.from(value).toString('utf8'), Object.entries(headers)]);
    for (const copy of copies) {
      const found = JSON.stringify([copy.key, copy.value, copy.headers]);
      if (found !== written) throw new Error(`a copy of ${nameOf(row)} differs: ${found}`);
    }
    return copies.length;
  });
}
