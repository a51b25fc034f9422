/** Deletes outbox rows, for good, before it publishes them. */
import { interceptQueries } from './intercepted-queries.ts';

interceptQueries(async (really, statement, values) => {
  const answer = await really(statement, values);
  if (statement.startsWith('SELECT')) {
    await really('DELETE FROM outbox WHERE id = ANY($1)', [answer.rows.map(({ id }) => id)]);
    await really('COMMIT');
    await really('BEGIN');
  }
  return answer;
});
await import('../../clients/outbox-poll.ts');
