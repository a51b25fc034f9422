import { setImmediate as quiet } from 'node:timers/promises';
import type { ProducerConfig } from 'kafkajs';
import { expect, it } from 'vitest';
import { kafkaPublisher, type ProducerFactory } from '../../../../functions/kafka/producer.ts';
import type { PublishRecord } from '../../../../functions/kafka/publisher.ts';
import { placedRow } from '../../../support/outbox-rows.ts';

const records = ['a', 'b', 'c', 'd', 'e', 'f'].map((key): PublishRecord => placedRow(key).event);

/** A client of three partitions that answers for all but `unanswered`, or fails with `error`. */
function client(behaviour: { unanswered?: number; error?: Error }): ProducerFactory {
  return {
    producer: ({ createPartitioner }: ProducerConfig) => ({
      connect: async () => undefined,
      disconnect: async () => undefined,
      send: async ({ topic, messages }) => {
        if (behaviour.error !== undefined) throw behaviour.error;
        const partitionMetadata = new Array(3);
        const used = messages.map(
          (message) => createPartitioner?.()({ topic, partitionMetadata, message }) ?? 0,
        );
        return [...new Set(used)]
          .filter((partition) => partition !== behaviour.unanswered)
          .map((partition) => ({ topicName: topic, partition, errorCode: 0 }));
      },
    }),
  };
}

function publisherOf(...clients: ProducerFactory[]) {
  const made: ProducerFactory[] = [];
  const publisher = kafkaPublisher(
    () => {
      const next = clients[made.length] ?? client({ error: new Error('no more clients') });
      made.push(next);
      return next;
    },
    () => 0,
  );
  return { publisher, made };
}

const error = (name: string, fields: object = {}) => Object.assign(new Error(name), { name }, fields);

it('asks kafkajs for no idempotence, whose sequence numbers it may use twice, and for no topic', async () => {
  const configs: ProducerConfig[] = [];
  const publisher = kafkaPublisher(
    () => ({
      producer(config) {
        configs.push(config);
        return client({}).producer(config);
      },
    }),
    () => 0,
  );
  await publisher.publish('orders', records);
  expect(configs).toEqual([{ allowAutoTopicCreation: false, createPartitioner: expect.any(Function) }]);
});

it('is not misled by a clock that jumps, to either side', async () => {
  let now = 1_000_000_000;
  const made: ProducerFactory[] = [];
  const publisher = kafkaPublisher(
    () => {
      const next = client({});
      made.push(next);
      return next;
    },
    () => now,
  );
  const clientsAfter = async (jumpMs: number) => {
    now += jumpMs;
    await publisher.publish('orders', records);
    return made.length;
  };
  expect(await clientsAfter(0)).toBe(1);
  expect(await clientsAfter(-15 * 60_000)).toBe(1);
  expect(await clientsAfter(60_000)).toBe(1);
  expect(await clientsAfter(15 * 60_000)).toBe(2);
});

it('sends again, with a new client, what kafkajs left out and called a success', async () => {
  const { publisher, made } = publisherOf(client({ unanswered: 1 }), client({}));
  await publisher.publish('orders', records);
  expect(made).toHaveLength(2);
});

it('fails if partitions are left out again', async () => {
  const { publisher } = publisherOf(client({ unanswered: 1 }), client({ unanswered: 2 }));
  await expect(publisher.publish('orders', records)).rejects.toMatchObject({ code: 'PUBLISH_FAILED' });
});

it.each(['KafkaJSRequestTimeoutError', 'KafkaJSNumberOfRetriesExceeded', 'KafkaJSConnectionClosedError'])(
  'sends once more with a new client after %s',
  async (name) => {
    const { publisher, made } = publisherOf(client({ error: error(name) }), client({}));
    await publisher.publish('orders', records);
    expect(made).toHaveLength(2);
  },
);

it('does not repeat what will not pass, but uses the client no more', async () => {
  const forbidden = error('KafkaJSProtocolError', { type: 'TOPIC_AUTHORIZATION_FAILED' });
  const { publisher, made } = publisherOf(client({ error: forbidden }), client({}));
  await expect(publisher.publish('orders', records)).rejects.toMatchObject({
    code: 'PUBLISH_FAILED',
    cause: forbidden,
  });
  expect(made).toHaveLength(1);
  await publisher.publish('orders', records);
  expect(made).toHaveLength(2);
});

it('keeps the client that answered about the records', async () => {
  const refused = error('KafkaJSProtocolError', { type: 'MESSAGE_TOO_LARGE' });
  const { publisher, made } = publisherOf(client({ error: refused }));
  for (const _ of [1, 2]) {
    await expect(publisher.publish('orders', records)).rejects.toMatchObject({ code: 'RECORDS_REFUSED' });
  }
  expect(made).toHaveLength(1);
});

it('gives a publication up after 25 seconds, whatever its client is at, and takes another one for the next', async () => {
  const controllers: AbortController[] = [];
  const limits: number[] = [];
  const stalled = Promise.withResolvers<never>();
  const silent: ProducerFactory = {
    producer: (config) => ({ ...client({}).producer(config), send: () => stalled.promise }),
  };
  const clients = [silent, client({})];
  let made = 0;
  const publisher = kafkaPublisher(
    () => clients[made++] ?? client({ error: new Error('no more clients') }),
    () => 0,
    {
      timeout(ms) {
        limits.push(ms);
        const controller = new AbortController();
        controllers.push(controller);
        return controller.signal;
      },
    },
  );
  const first = expect(publisher.publish('orders', records)).rejects.toMatchObject({
    code: 'PUBLISH_FAILED',
    retriable: true,
  });
  await quiet();
  controllers[0]?.abort();
  await first;
  await publisher.publish('orders', records);
  // What is heard of the first too late changes nothing for those that follow.
  stalled.reject(error('KafkaJSRequestTimeoutError'));
  await quiet();
  await publisher.publish('orders', records);
  expect([limits, made]).toEqual([[25_000, 25_000, 25_000], 2]);
});
