import {
  type Database,
  database,
  type Item,
  type KeySchema,
  keyText,
  type OnWrite,
  table,
} from './dynamodb/tables.ts';
import type { History } from './history.ts';
import type { Process } from './process.ts';

/** Names in the simulated account. */
export const TABLES = {
  orders: 'Orders',
  outbox: 'Outbox',
  shipments: 'Shipments',
  emailLedger: 'EmailLedger',
  sales: 'Sales',
  deadLetters: 'DeadLetters',
} as const;

export const TOPICS = { orders: 'orders', deadLetters: 'orders.dead-letters' } as const;

/** The consumer groups of the topic `orders` and their functions. */
export const GROUPS = {
  'shipping-service': 'shipping',
  'email-service': 'email',
  'sales-service': 'sales',
} as const;
export type Group = keyof typeof GROUPS;

/** The group, and the function, that reads the topic of dead letters. */
export const COLLECTOR = { group: 'dead-letters', functionName: 'collector' } as const;

export type Tables = ReturnType<typeof account>['tables'];

/** The tables as lib/tables.ts has them; each change of one is noted, with who made it. */
export function account(
  history: History,
  told: { readonly outbox: OnWrite; readonly deadLetter: (letter: Item) => void },
) {
  let writer = '';
  const newTable = (name: string, schema: KeySchema, onWrite: OnWrite = () => undefined) =>
    table(name, schema, (change) => {
      const { key, before, after } = change;
      history.note({
        what: 'written',
        table: name,
        key: keyText(schema, key),
        before,
        after,
        process: writer,
      });
      onWrite(change);
    });

  const tables = {
    orders: newTable(TABLES.orders, { hash: 'orderId' }),
    outbox: newTable(TABLES.outbox, { hash: 'orderId', range: { name: 'seq', type: 'N' } }, told.outbox),
    shipments: newTable(TABLES.shipments, { hash: 'orderId' }),
    emailLedger: newTable(TABLES.emailLedger, { hash: 'eventKey' }),
    sales: newTable(TABLES.sales, { hash: 'key', range: { name: 'part', type: 'S' } }),
    deadLetters: newTable(
      TABLES.deadLetters,
      { hash: 'consumer', range: { name: 'recordId', type: 'S' } },
      ({ after }) => after && told.deadLetter(after),
    ),
  };
  const all = database(Object.values(tables));
  return {
    tables,
    /** The tables as a process writes to them. */
    databaseFor: ({ name }: Process): Database => ({
      table(tableName) {
        writer = name;
        return all.table(tableName);
      },
    }),
  };
}
