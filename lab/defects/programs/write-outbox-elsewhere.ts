/** Writes outbox rows over another connection, so that they are no part of the order's transaction. */
import pg from 'pg';
import { interceptQueries } from './intercepted-queries.ts';

const other = new pg.Client();
await other.connect();
interceptQueries(async (really, statement, values) =>
  statement.includes('aggregatetype') ? other.query(statement, [...values]) : really(statement, values),
);
await import('../../clients/outbox-write.ts');
await other.end();
