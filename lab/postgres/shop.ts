/** A shop's database: its orders, and the outbox beside them. */

import type { Lab } from '../lab.ts';
import type { Database } from './postgres.ts';
import { startPostgres } from './postgres.ts';

export interface Shop extends Database {
  /** The ids of all orders that are saved. */
  orders(): Promise<string[]>;
}

/** An outbox's columns are those that Debezium's event router looks for; the rows of one poller go by `position`. */
export const outboxTable = (name: string) => `CREATE TABLE ${name} (
  position bigserial PRIMARY KEY,
  id uuid NOT NULL,
  aggregatetype text NOT NULL,
  aggregateid text NOT NULL,
  type text NOT NULL,
  payload text NOT NULL
)`;

/** Opens a new shop in a database of this name. */
export async function openShop(lab: Lab, name: string): Promise<Shop> {
  const postgres = await lab.use(startPostgres);
  const database = await postgres.database(name);
  await database.query('CREATE TABLE orders (id text PRIMARY KEY, total integer NOT NULL)');
  await database.query(outboxTable('outbox'));
  return {
    ...database,
    orders: async () => (await database.query('SELECT id FROM orders')).map(({ id }) => String(id)),
  };
}
