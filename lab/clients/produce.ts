/**
 * Writes records to a topic, one after the other. A record's key decides its partition; without one they take turns.
 *
 *     node lab/clients/produce.ts --brokers <host:port> --topic orders --count 10 --keys 3
 */
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Kafka, logLevel, Partitioners } from 'kafkajs';
import { tell } from './tell.ts';

const { values: options } = parseArgs({
  options: {
    brokers: { type: 'string', default: '' },
    topic: { type: 'string', default: 'orders' },
    /** How many records; 0 is for ever. */
    count: { type: 'string', default: '10' },
    /** How many different keys; 0 is none at all. */
    keys: { type: 'string', default: '10' },
    /** Records a second; 0 is as fast as they are acknowledged. */
    rate: { type: 'string', default: '0' },
    /** Who has to have a record before it counts as written: nobody (0), the leader (1), all replicas in sync. */
    acks: { type: 'string', default: 'all' },
    /** The number of the first record. */
    from: { type: 'string', default: '1' },
  },
});
const { topic } = options;
const count = Number(options.count);
const keys = Number(options.keys);
const rate = Number(options.rate);
const from = Number(options.from);

const kafka = new Kafka({
  clientId: 'produce',
  brokers: options.brokers.split(','),
  logLevel: logLevel.ERROR,
});
const producer = kafka.producer({
  createPartitioner: Partitioners.DefaultPartitioner,
  allowAutoTopicCreation: false,
});
await producer.connect();

let ended = false;
process.once('SIGINT', () => {
  ended = true;
});
for (let n = from; !ended && (count === 0 || n < from + count); n++) {
  const key = keys === 0 ? null : `key-${((n - 1) % keys) + 1}`;
  const value = `order ${n}`;
  const [written] = await producer.send({
    topic,
    acks: options.acks === 'all' ? -1 : Number(options.acks),
    messages: [{ key, value }],
  });
  // Without acknowledgements (acks 0) nobody says where it lies, nor whether.
  if (written?.baseOffset !== undefined) {
    const { partition, baseOffset } = written;
    tell({ type: 'appended', topic, partition, offset: Number(baseOffset), key, text: value });
  }
  if (rate > 0) await pause(1000 / rate);
}
await producer.disconnect();
