/**
 * Writes a record, and again for as long as nobody acknowledges it.
 *
 *     node lab/clients/insist.ts --brokers <host:port> --topic orders --idempotent yes
 *
 *     --idempotent no     who gets no answer can't know whether the record is there: sent again, it may be there twice
 *     --idempotent yes    the broker knows the producer, and the number of each of its records: it takes each once
 */
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { Kafka, logLevel, Partitioners } from 'kafkajs';
import { quietRequestQueues } from '../../local/kafka/quiet.ts';
import { tell } from './tell.ts';

const { values: options } = parseArgs({
  options: {
    brokers: { type: 'string', default: '' },
    topic: { type: 'string', default: 'orders' },
    idempotent: { type: 'string', default: 'yes' },
  },
});
const { topic } = options;

quietRequestQueues();
const kafka = new Kafka({
  clientId: 'insist',
  brokers: options.brokers.split(','),
  logLevel: logLevel.NOTHING,
  requestTimeout: 1_000,
  retry: { retries: 30, maxRetryTime: 1_000 },
});
const producer = kafka.producer({
  createPartitioner: Partitioners.DefaultPartitioner,
  allowAutoTopicCreation: false,
  idempotent: options.idempotent === 'yes',
  maxInFlightRequests: 1,
});
producer.on(producer.events.REQUEST_TIMEOUT, () => {
  tell({ type: 'not-acknowledged', topic, key: null, code: 'REQUEST_TIMED_OUT' });
});
const resumed = once(process, 'SIGCONT');
const write = async (text: string) => {
  const [written] = await producer.send({ topic, acks: -1, messages: [{ value: text }] });
  const place = { topic, partition: written?.partition ?? 0, offset: Number(written?.baseOffset) };
  tell({ type: 'appended', ...place, key: null, text });
};

await producer.connect();
await write('order 1');
// `kill -CONT <pid>`: until then there is time to do something to the broker.
await resumed;
await write('order 2');
await producer.disconnect();
