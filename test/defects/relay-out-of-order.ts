/** The relay as it must not be: it publishes an order's newest event first, and reads slowly enough to find several. */
import { setTimeout as sleep } from 'node:timers/promises';
import { relayHandler } from '../../functions/relay/relay.ts';
import { portsWithTroubledBroker } from './relay-ports.ts';

const READS_FOR_MS = 1_000;

const ports = portsWithTroubledBroker();
const { outbox } = ports;

export const handler = relayHandler({
  ...ports,
  outbox: {
    ...outbox,
    async readFirstEvents(orderIds) {
      const rows = await outbox.readFirstEvents(orderIds);
      await sleep(READS_FOR_MS);
      return rows;
    },
    readOrder: async (orderId) => (await outbox.readOrder(orderId)).toReversed(),
  },
});
