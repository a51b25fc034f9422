/** Gives an event an id when it is published, and so another one each time. */
import { randomUUID } from 'node:crypto';
import { interceptQueries } from './intercepted-queries.ts';

const stored = new Map<unknown, unknown>();
interceptQueries(async (really, statement, values) => {
  if (statement.startsWith('DELETE')) {
    const [ids] = values;
    return really(statement, [Array.isArray(ids) ? ids.map((id) => stored.get(id)) : []]);
  }
  const { rows } = await really(statement, values);
  if (!statement.startsWith('SELECT')) return { rows };
  return {
    rows: rows.map((row) => {
      const id = randomUUID();
      stored.set(id, row.id);
      return { ...row, id };
    }),
  };
});
await import('../../clients/outbox-poll.ts');
