/** Writes the outbox row by a request of its own, and the order a moment later; it dies between the two. */
import { setTimeout as pause } from 'node:timers/promises';
import { interceptTransactions } from './intercepted-transactions.ts';

const kill = process.kill.bind(process);
let dying = false;
Object.assign(process, {
  kill() {
    dying = true;
  },
});
interceptTransactions(async (really, [order = {}, event = {}]) => {
  await really([event]);
  await pause(50);
  if (dying) kill(process.pid, 'SIGKILL');
  await really([order]);
});
await import('../../clients/dynamodb-outbox-write.ts');
