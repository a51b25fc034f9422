/**
 * Saves orders in Postgres, each with its event in a table beside it, the outbox: one transaction holds both, or neither.
 *
 *     node lab/clients/outbox-write.ts --count 10    (PGHOST, PGPORT, ... in the environment)
 *
 * It doesn't know Kafka. Whoever publishes, reads the outbox: a poller (outbox-poll.ts), or Debezium the database's log.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import pg from 'pg';

const { values: options } = parseArgs({
  options: {
    brokers: { type: 'string' },
    count: { type: 'string', default: '10' },
    /** The number of the first order. */
    from: { type: 'string', default: '1' },
    /** Orders a second; 0 is as fast as they are committed. */
    rate: { type: 'string', default: '0' },
    /** The outbox; its columns are Debezium's. */
    table: { type: 'string', default: 'outbox' },
    /** Deletes the row in its own transaction: the database's log has it, for those who read that. */
    'log-only': { type: 'boolean', default: false },
    /** Dies between the two writes of this order. */
    'crash-at': { type: 'string', default: '0' },
    /** Gives up this order at the very end of its transaction. */
    'roll-back-at': { type: 'string', default: '0' },
  },
});
const table = pg.escapeIdentifier(options.table);
const db = new pg.Client();
await db.connect();

for (let n = Number(options.from); n <= Number(options.count); n++) {
  const orderId = `order-${n}`;
  const event = {
    id: randomUUID(),
    payload: JSON.stringify({ type: 'OrderPlaced', orderId, total: n * 100 }),
  };

  await db.query('BEGIN');
  await db.query('INSERT INTO orders (id, total) VALUES ($1, $2)', [orderId, n * 100]);
  if (n === Number(options['crash-at'])) process.kill(process.pid, 'SIGKILL');
  await db.query(
    `INSERT INTO ${table} (id, aggregatetype, aggregateid, type, payload) VALUES ($1, $2, $3, $4, $5)`,
    [event.id, 'orders', orderId, 'OrderPlaced', event.payload],
  );
  if (options['log-only']) await db.query(`DELETE FROM ${table} WHERE id = $1`, [event.id]);
  await db.query(n === Number(options['roll-back-at']) ? 'ROLLBACK' : 'COMMIT');

  if (Number(options.rate) > 0) await pause(1000 / Number(options.rate));
}
await db.end();
