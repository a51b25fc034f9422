import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { Kafka } from 'kafkajs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { kafkaClient } from '../../../../functions/kafka/client.ts';
import { kafkaPublisher } from '../../../../functions/kafka/producer.ts';
import type { EventPublisher } from '../../../../functions/kafka/publisher.ts';
import { PublishError } from '../../../../functions/kafka/publisher.ts';
import { type OutboxRow, toOutboxItem } from '../../../../functions/outbox/row.ts';
import { dynamoDbOutbox, outboxPages } from '../../../../functions/relay/dynamodb-outbox.ts';
import type { OutboxStore } from '../../../../functions/relay/outbox-store.ts';
import type { RelayPorts } from '../../../../functions/relay/publish-orders.ts';
import { relayHandler } from '../../../../functions/relay/relay.ts';
import { sweepHandler } from '../../../../functions/relay/sweep.ts';
import { outboxTable, scan, sentCommands, testClient } from '../../../support/dynamodb.ts';
import { testEngines } from '../../../support/engines.ts';
import { cancelledRow, placedRow, silent, streamEvent } from '../../../support/outbox-rows.ts';
import { readTopic, type TopicRecord, testKafka, testTopic } from '../../../support/topics.ts';

const idOf = ({ headers }: Pick<TopicRecord, 'headers'>) => new Map(headers).get('ce_id') ?? '';
const nameOf = ({ orderId, seq }: OutboxRow) => `${orderId}.${seq}`;
const finished = { batchItemFailures: [] };

interface Ports {
  readonly outbox: OutboxStore;
  readonly publisher: EventPublisher;
}

async function world(rows: readonly OutboxRow[], endpoint = testEngines().ministack) {
  const { bootstrapServers } = testEngines();
  const kafka: Kafka = testKafka(bootstrapServers);
  const topic = await testTopic(kafka);
  const client = testClient(endpoint);
  const table = await outboxTable(client);
  const add = (row: OutboxRow) =>
    client.send(new PutItemCommand({ TableName: table, Item: toOutboxItem(row) }));
  for (const row of rows) await add(row);

  const waiting = { sleep: async () => undefined, random: Math.random };
  const requests: string[] = [];
  /** The ports of another environment, with its own client; `wrap` breaks them. */
  const portsOf = (wrap: (ports: Ports) => Partial<Ports> = () => ({})): RelayPorts => {
    const environment = {
      KAFKA_BOOTSTRAP_SERVERS: bootstrapServers,
      KAFKA_AUTH: 'none',
      AWS_REGION: 'us-east-1',
    } as const;
    const publisher = kafkaPublisher(() => counted(kafkaClient('test', environment), requests), Date.now);
    onTestFinished(() => publisher.close());
    const ports: Ports = { publisher, outbox: dynamoDbOutbox(client, table, waiting) };
    return { ...ports, ...wrap(ports), topic, logger: silent };
  };
  /** `minutesLater` is after the latest event of the rows above. */
  const sweep = (minutesLater: number) => {
    const clock = () => Date.parse('2026-03-01T13:00:00.000Z') + minutesLater * 60_000;
    return sweepHandler({ ...portsOf(), pages: () => outboxPages(client, table), clock })(() => 60_000);
  };
  return {
    relay: (wrap?: Parameters<typeof portsOf>[0]) => relayHandler(portsOf(wrap)),
    sweep,
    add,
    requests,
    client,
    records: () => readTopic(kafka, topic),
    left: async () => (await scan(client, table)).length,
  };
}

/** Notes the name of each request that a client's producers send. */
function counted(kafka: Kafka, requests: string[]): Kafka {
  const create = kafka.producer.bind(kafka);
  kafka.producer = (config) => {
    const producer = create(config);
    producer.on('producer.network.request', ({ payload }) => requests.push(payload.apiName));
    return producer;
  };
  return kafka;
}

/** The ids of an order's events in the order in which each first appeared. */
function firstAppearances(records: readonly TopicRecord[], orderId: string): string[] {
  return [...new Set(records.filter(({ key }) => key === orderId).map(idOf))];
}

describe.each(['ministack', 'dynamodbLocal'] as const)('the relay over %s', (engine) => {
  it('publishes and deletes 100 first events with 1 read, 1 produce request and 4 deletes', async () => {
    const rows = Array.from({ length: 100 }, (_, index) => placedRow(`k${index}`));
    const { relay, client, requests, records, left, add } = await world([], testEngines()[engine]);
    const handle = relay();
    await add(placedRow('warm'));
    await handle(streamEvent([placedRow('warm')]));
    for (const row of rows) await add(row);

    requests.length = 0;
    const sent = sentCommands(client);
    expect(await handle(streamEvent(rows))).toEqual(finished);
    expect(sent).toEqual(['BatchGetItemCommand', ...Array(4).fill('BatchWriteItemCommand')]);
    expect(requests).toEqual(['Produce']);
    expect((await records()).map(idOf).toSorted()).toEqual(
      [placedRow('warm'), ...rows].map(nameOf).toSorted(),
    );
    expect(await left()).toBe(0);
  });

  it('publishes an order that was placed and cancelled in one batch in this order, whichever is named first', async () => {
    const rows = ['a', 'b', 'c', 'd'].flatMap((key) => [placedRow(key), cancelledRow(key)]);
    const { relay, records, left } = await world(rows, testEngines()[engine]);
    expect(await relay()(streamEvent(rows.toReversed()))).toEqual(finished);
    const onTopic = await records();
    expect(new Set(onTopic.map(({ partition }) => partition)).size).toBeGreaterThan(1);
    for (const { orderId } of rows) {
      expect(firstAppearances(onTopic, orderId)).toEqual([`${orderId}.1`, `${orderId}.2`]);
    }
    expect(onTopic).toHaveLength(rows.length);
    expect(await left()).toBe(0);
  });

  it('publishes by its sweep what no stream record names, once it is five minutes old, page by page', async () => {
    const rows = Array.from({ length: 110 }, (_, index) => placedRow(`k${index}`));
    const both = [placedRow('both'), cancelledRow('both')];
    const { sweep, records, left } = await world([...rows, ...both], testEngines()[engine]);
    // Placements are an hour older than cancellations.
    await sweep(-55.1);
    expect(await left()).toBe(112);
    await sweep(-55);
    await sweep(10);
    const onTopic = await records();
    expect(onTopic.map(idOf).toSorted()).toEqual([...rows, ...both].map(nameOf).toSorted());
    expect(firstAppearances(onTopic, both[0]?.orderId ?? '')).toEqual(both.map(nameOf));
    expect(await left()).toBe(0);
  });
});

describe('the relay', () => {
  it('publishes once what the stream names twice, in one batch and in the next', async () => {
    const row = placedRow('a');
    const { relay, records } = await world([row]);
    const handle = relay();
    expect(await handle(streamEvent([row, row]))).toEqual(finished);
    expect(await handle(streamEvent([row]))).toEqual(finished);
    expect(await records()).toHaveLength(1);
  });

  it('sends large events in as many requests as the topic’s batch limit takes', async () => {
    const rows = Array.from({ length: 12 }, (_, index) => placedRow(`k${index}`, 20_000));
    const { relay, records, left } = await world(rows);
    expect(await relay()(streamEvent(rows))).toEqual(finished);
    expect(await records()).toHaveLength(12);
    expect(await left()).toBe(0);
  });

  it('publishes again, byte for byte, after a crash between publish and delete', async () => {
    const rows = [placedRow('a'), cancelledRow('a'), placedRow('b')];
    const { relay, records, left } = await world(rows);
    const crashing = relay(({ outbox }) => ({
      outbox: { ...outbox, delete: () => Promise.reject(new Error('killed')) },
    }));
    await crashing(streamEvent(rows));
    expect(await left()).toBe(3);
    expect(await relay()(streamEvent(rows))).toEqual(finished);
    expect(await left()).toBe(0);

    const onTopic = await records();
    expect(onTopic).toHaveLength(6);
    for (const row of rows) {
      const copies = onTopic.filter((record) => idOf(record) === nameOf(row));
      const { key, headers } = row.event;
      const value = Buffer.from(row.event.value).toString('utf8');
      expect(copies.map((copy) => ({ key: copy.key, value: copy.value, headers: copy.headers }))).toEqual(
        Array(2).fill({ key, value, headers: Object.entries(headers) }),
      );
    }
  });

  it('names the records of the orders that were refused, and of no other', async () => {
    const rows = [placedRow('a'), placedRow('b'), cancelledRow('b'), placedRow('c')];
    const refused = placedRow('b').orderId;
    const { relay, records, left } = await world(rows);
    const handle = relay(({ publisher }) => ({
      publisher: {
        ...publisher,
        publish: (topic, events) =>
          events.some(({ key }) => key === refused)
            ? Promise.reject(new PublishError('RECORDS_REFUSED', topic, undefined))
            : publisher.publish(topic, events),
      },
    }));
    expect(await handle(streamEvent(rows))).toEqual({
      batchItemFailures: [{ itemIdentifier: 'sn-1' }, { itemIdentifier: 'sn-2' }],
    });
    // At least once: what a lost answer sends again is no fault.
    expect(new Set((await records()).map(idOf))).toEqual(
      new Set([placedRow('a'), placedRow('c')].map(nameOf)),
    );
    expect(await left()).toBe(2);
  });

  it('keeps first appearances in seq order with a sweep beside the stream', async () => {
    const keys = Array.from({ length: 30 }, (_, index) => `k${index}`);
    const { relay, sweep, records, left, add } = await world(keys.map((key) => placedRow(key)));
    const handle = relay();
    await Promise.all([
      sweep(10),
      handle(streamEvent(keys.map((key) => placedRow(key)))),
      ...keys.map(async (key) => {
        await add(cancelledRow(key));
        await handle(streamEvent([cancelledRow(key)]));
      }),
      sweep(10),
    ]);
    await sweep(10);
    const onTopic = await records();
    for (const { orderId } of keys.map((key) => placedRow(key))) {
      expect(firstAppearances(onTopic, orderId)).toEqual([`${orderId}.1`, `${orderId}.2`]);
    }
    expect(await left()).toBe(0);
  });

  it('keeps first appearances in seq order with two relays at once', async () => {
    const keys = Array.from({ length: 30 }, (_, index) => `k${index}`);
    const { relay, records, left, add } = await world(keys.map((key) => placedRow(key)));
    const [one, other] = [relay(), relay()];
    const cancellations = keys.map((key) => cancelledRow(key));
    await Promise.all([
      one(streamEvent(keys.map((key) => placedRow(key)))),
      ...cancellations.map(async (row, index) => {
        await add(row);
        expect(await (index % 2 === 0 ? other : one)(streamEvent([row]))).toEqual(finished);
      }),
      other(streamEvent(keys.map((key) => placedRow(key)))),
    ]);
    const onTopic = await records();
    for (const { orderId } of cancellations) {
      expect(firstAppearances(onTopic, orderId)).toEqual([`${orderId}.1`, `${orderId}.2`]);
    }
    expect(await left()).toBe(0);
  });
});
