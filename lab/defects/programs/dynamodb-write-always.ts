/** Writes an order whether it is there or not, and an event each time. */
import { interceptTransactions } from './intercepted-transactions.ts';

interceptTransactions((really, items) =>
  really(
    items.map(({ Put }) => (Put === undefined ? {} : { Put: { TableName: Put.TableName, Item: Put.Item } })),
  ),
);
await import('../../clients/dynamodb-outbox-write.ts');
