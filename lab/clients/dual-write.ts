/**
 * Saves orders in Postgres and publishes their events to Kafka: two writes, and no transaction that holds both.
 *
 *     node lab/clients/dual-write.ts --brokers <host:port> --topic orders --order save-first    (PGHOST, PGPORT, ... in the environment)
 *
 *     --order save-first      save, publish                   a crash between the two: an order without an event
 *     --order publish-first   publish, save                   a crash between the two: an event without an order
 *     --order inside          begin, save, publish, commit    a crash before the commit: an event without an order
 */
import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { Kafka, logLevel, Partitioners } from 'kafkajs';
import pg from 'pg';
import { tell } from './tell.ts';

const { values: options } = parseArgs({
  options: {
    brokers: { type: 'string', default: '' },
    topic: { type: 'string', default: 'orders' },
    order: { type: 'string', default: 'save-first' },
    count: { type: 'string', default: '10' },
    /** The number of the first order. */
    from: { type: 'string', default: '1' },
    /** Dies between the two writes of this order. */
    'crash-at': { type: 'string', default: '0' },
  },
});
const { topic } = options;
const kafka = new Kafka({
  clientId: 'dual-write',
  brokers: options.brokers.split(','),
  logLevel: logLevel.ERROR,
});
const producer = kafka.producer({
  createPartitioner: Partitioners.DefaultPartitioner,
  allowAutoTopicCreation: false,
});
const db = new pg.Client();
await Promise.all([producer.connect(), db.connect()]);

for (let n = Number(options.from); n <= Number(options.count); n++) {
  const key = `order-${n}`;
  const save = () => db.query('INSERT INTO orders (id, total) VALUES ($1, $2)', [key, n * 100]);
  const publish = async () => {
    const value = JSON.stringify({ type: 'OrderPlaced', orderId: key, total: n * 100 });
    const messages = [{ key, value, headers: { id: randomUUID() } }];
    const [written] = await producer.send({ topic, acks: -1, messages });
    const { partition = 0, baseOffset = '0' } = written ?? {};
    tell({ type: 'appended', topic, partition, offset: Number(baseOffset), key, text: `order ${n}` });
  };
  const between = async () => {
    if (n === Number(options['crash-at'])) process.kill(process.pid, 'SIGKILL');
  };
  const ways: Readonly<Record<string, readonly (() => Promise<unknown>)[]>> = {
    'save-first': [save, between, publish],
    'publish-first': [publish, between, save],
    inside: [() => db.query('BEGIN'), save, publish, between, () => db.query('COMMIT')],
  };
  for (const step of ways[options.order] ?? []) await step();
}
await Promise.all([producer.disconnect(), db.end()]);
