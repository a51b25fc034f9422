/** Writes an order and its outbox row one after the other, each by itself. */
import { interceptQueries } from './intercepted-queries.ts';

interceptQueries(async (really, statement, values) =>
  ['BEGIN', 'COMMIT', 'ROLLBACK'].includes(statement) ? { rows: [] } : really(statement, values),
);
await import('../../clients/outbox-write.ts');
