/**
 * Writes records to a topic, one after the other. A record's key decides its partition; without one they take turns.
 *
 *     node lab/clients/produce.ts --brokers <host:port> --topic orders --count 10 --keys 3
 *
 *     --acks all   it counts as written when all replicas in sync have it
 *     --acks 1     when the leader has it: if that goes before the others have asked for it, so does the record
 *     --acks 0     when it is sent: nobody says where it lies, nor whether
 */
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Kafka, logLevel, Partitioners } from 'kafkajs';
import { quietRequestQueues } from '../../local/kafka/quiet.ts';
import { codeOf, tell } from './tell.ts';

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
    acks: { type: 'string', default: 'all' },
    /** How often a record is sent again before it is given up. */
    retries: { type: 'string', default: '5' },
    /** Bytes of a record's value, which is filled up with dots. */
    size: { type: 'string', default: '0' },
    /** The number of the first record. */
    from: { type: 'string', default: '1' },
    /** After so many records it waits for SIGCONT: `kill -CONT <pid>`. */
    'pause-after': { type: 'string', default: '0' },
  },
});
const { topic } = options;
const count = Number(options.count);
const keys = Number(options.keys);
const rate = Number(options.rate);
const from = Number(options.from);
const pauseAfter = Number(options['pause-after']);
const acks = new Map([
  ['0', 0],
  ['1', 1],
  ['all', -1],
]).get(options.acks);
if (acks === undefined) throw new Error(`--acks is 0, 1 or all, and not ${options.acks}`);

quietRequestQueues();
const kafka = new Kafka({
  clientId: 'produce',
  brokers: options.brokers.split(','),
  logLevel: logLevel.ERROR,
  retry: { retries: Number(options.retries), maxRetryTime: 1_000 },
});
const producer = kafka.producer({
  createPartitioner: Partitioners.DefaultPartitioner,
  allowAutoTopicCreation: false,
});
const ending = new AbortController();
process.once('SIGINT', () => ending.abort());
process.once('SIGTERM', () => ending.abort());
const resumed = once(process, 'SIGCONT', ending);
// Nobody may be waiting for it.
resumed.catch(() => undefined);

await producer.connect();
for (let n = from; !ending.signal.aborted && (count === 0 || n < from + count); n++) {
  const key = keys === 0 ? null : `key-${((n - 1) % keys) + 1}`;
  const text = `order ${n}`;
  const value = text.padEnd(Number(options.size), '.');
  const began = performance.now();
  const waited = () => Math.round((performance.now() - began) * 10) / 10;
  try {
    const [written] = await producer.send({ topic, acks, messages: [{ key, value }] });
    if (written?.baseOffset === undefined)
      tell({ type: 'not-acknowledged', topic, key, code: 'NOT_ASKED', waited: waited() });
    else {
      const place = { topic, partition: written.partition, offset: Number(written.baseOffset) };
      tell({ type: 'appended', ...place, key, text, waited: waited() });
    }
  } catch (error) {
    // It was refused, or the answer was lost: then the record may lie on the log all the same.
    tell({ type: 'not-acknowledged', topic, key, code: codeOf(error), waited: waited() });
  }
  if (rate > 0) await pause(1_000 / rate - waited(), undefined, ending).catch(() => undefined);
  if (n - from + 1 === pauseAfter) await resumed.catch(() => undefined);
}
await producer.disconnect();
