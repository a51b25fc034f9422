/**
 * Writes one record. Without a value it is a tombstone: it says that its key is no more.
 *
 *     node lab/clients/write-one.ts --brokers <host:port> --topic orders --key key-1 --value 'order 1'
 */
import { parseArgs } from 'node:util';
import { Kafka, logLevel, Partitioners } from 'kafkajs';
import { tell } from './tell.ts';

const { values: options } = parseArgs({
  options: {
    brokers: { type: 'string', default: '' },
    topic: { type: 'string', default: 'orders' },
    key: { type: 'string' },
    value: { type: 'string' },
  },
});
const { topic, key = null, value = null } = options;

const kafka = new Kafka({ brokers: options.brokers.split(','), logLevel: logLevel.ERROR });
const producer = kafka.producer({
  createPartitioner: Partitioners.DefaultPartitioner,
  allowAutoTopicCreation: false,
});
await producer.connect();
const [written] = await producer.send({ topic, acks: -1, messages: [{ key, value }] });
if (written?.baseOffset !== undefined) {
  const { partition, baseOffset } = written;
  tell({
    type: 'appended',
    topic,
    partition,
    offset: Number(baseOffset),
    key,
    text: value ?? 'tombstone',
  });
}
await producer.disconnect();
