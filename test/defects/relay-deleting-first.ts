/** The relay as it must not be: it deletes what it reads before it publishes it. */
import type { OutboxRow } from '../../functions/outbox/row.ts';
import { relayHandler } from '../../functions/relay/relay.ts';
import { portsWithTroubledBroker } from './relay-ports.ts';

const ports = portsWithTroubledBroker();
const { outbox } = ports;

async function deleting(rows: readonly OutboxRow[]): Promise<readonly OutboxRow[]> {
  for (let start = 0; start < rows.length; start += 25) await outbox.delete(rows.slice(start, start + 25));
  return rows;
}

export const handler = relayHandler({
  ...ports,
  outbox: {
    readFirstEvents: async (orderIds) => {
      const { rows, unreadable } = await outbox.readFirstEvents(orderIds);
      return { rows: await deleting(rows), unreadable };
    },
    readOrder: async (orderId) => deleting(await outbox.readOrder(orderId)),
    delete: async () => undefined,
  },
});
