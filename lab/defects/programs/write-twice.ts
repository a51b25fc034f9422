/** Writes the outbox row of each order a second time, under an event id of its own. */
import { randomUUID } from 'node:crypto';
import { interceptQueries } from './intercepted-queries.ts';

interceptQueries(async (really, statement, values) => {
  if (statement.includes('aggregatetype')) await really(statement, [randomUUID(), ...values.slice(1)]);
  return really(statement, values);
});
await import('../../clients/outbox-write.ts');
