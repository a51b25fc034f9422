/**
 * Publishes what lies in the outbox of Postgres: asks for rows, sends them, deletes them, and asks again.
 *
 *     node lab/clients/outbox-poll.ts --brokers <host:port> --topic orders    (PGHOST, PGPORT, ... in the environment)
 *
 *     begin ──> read, lock ──> publish, acks=all ──> delete ──> commit
 *                                                └─ a crash here: the rows are there still, and are published again
 *
 * `SKIP LOCKED`: rows that another poller is publishing are passed over, so that two share the work. Then only events of
 * transactions that one of them has seen together keep their order.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Kafka, logLevel, Partitioners } from 'kafkajs';
import pg from 'pg';
import { quietRequestQueues } from '../../local/kafka/quiet.ts';
import { tell } from './tell.ts';

const { values: options } = parseArgs({
  options: {
    brokers: { type: 'string', default: '' },
    topic: { type: 'string', default: 'orders' },
    /** Rows that are published together. */
    batch: { type: 'string', default: '3' },
    /** Milliseconds until it asks again, when nothing was there. */
    every: { type: 'string', default: '100' },
    /** Dies when so many are published, before it deletes the last of them. */
    'crash-at': { type: 'string', default: '0' },
  },
});
const { topic } = options;
quietRequestQueues();
const kafka = new Kafka({
  clientId: 'outbox-poll',
  brokers: options.brokers.split(','),
  logLevel: logLevel.ERROR,
});
const producer = kafka.producer({
  createPartitioner: Partitioners.DefaultPartitioner,
  allowAutoTopicCreation: false,
});
const db = new pg.Client();
await Promise.all([producer.connect(), db.connect()]);

let ended = false;
process.once('SIGINT', () => {
  ended = true;
});
let published = 0;
while (!ended) {
  await db.query('BEGIN');
  const { rows } = await db.query(
    'SELECT id, aggregateid, type, payload FROM outbox ORDER BY position LIMIT $1 FOR UPDATE SKIP LOCKED',
    [Number(options.batch)],
  );
  for (const { id, aggregateid: key, type, payload } of rows) {
    // The event's id goes along: it is the same when the event is published again.
    const messages = [{ key, value: payload, headers: { id, type } }];
    const [written] = await producer.send({ topic, acks: -1, messages });
    const { partition = 0, baseOffset = '0' } = written ?? {};
    tell({ type: 'appended', topic, partition, offset: Number(baseOffset), key, text: payload });
    published += 1;
    if (published === Number(options['crash-at'])) process.kill(process.pid, 'SIGKILL');
  }
  await db.query('DELETE FROM outbox WHERE id = ANY($1)', [rows.map(({ id }) => id)]);
  await db.query('COMMIT');
  if (rows.length === 0) await pause(Number(options.every));
}
await Promise.all([producer.disconnect(), db.end()]);
