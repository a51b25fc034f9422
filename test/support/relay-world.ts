import { PublishError, type PublishRecord } from '../../functions/kafka/publisher.ts';
import type { OutboxKey, OutboxRow } from '../../functions/outbox/row.ts';
import type { RelayPorts } from '../../functions/relay/publish-orders.ts';
import { recordedLog } from './recorded-log.ts';

/** The event's id. */
export const nameOf = ({ orderId, seq }: OutboxKey) => `${orderId}.${seq}`;

/**
 * A table, a topic and their failures, in memory. `refused` is a key the broker never takes, `down` the request that
 * fails, `slow` the milliseconds that each takes, `unreadable` an order whose first row can't be read.
 */
export function relayWorld(
  rows: readonly OutboxRow[],
  broken: {
    refused?: string;
    down?: number;
    slow?: number;
    deletes?: true;
    reads?: true;
    unreadable?: string;
  } = {},
) {
  const { logger, ...log } = recordedLog();
  const table = new Map(rows.map((row) => [nameOf(row), row]));
  const requests: string[][] = [];
  const topic: string[] = [];
  const find = (match: (row: OutboxRow) => boolean) => {
    if (broken.reads) throw new Error('no table');
    return [...table.values()].filter(match).sort((one, other) => one.seq - other.seq);
  };
  let now = 0;
  const ends: { readonly at: number; readonly controller: AbortController }[] = [];
  const pass = (ms: number) => {
    now += ms;
    for (const { at, controller } of ends) if (at <= now) controller.abort();
  };
  const ports: RelayPorts = {
    topic: 'orders',
    timeout(ms) {
      const controller = new AbortController();
      ends.push({ at: now + ms, controller });
      return controller.signal;
    },
    logger,
    outbox: {
      readFirstEvents: async (orderIds) => ({
        rows: find(
          ({ orderId, seq }) => seq === 1 && orderIds.includes(orderId) && orderId !== broken.unreadable,
        ),
        unreadable: orderIds.filter((orderId) => orderId === broken.unreadable),
      }),
      readOrder: async (id) => find(({ orderId }) => orderId === id),
      delete: async (keys) => {
        if (broken.deletes) throw new Error('no table');
        for (const key of keys) table.delete(nameOf(key));
      },
    },
    publisher: {
      partitionOf: () => 0,
      publish: async (_topic, records: readonly PublishRecord[], signal) => {
        if (signal?.aborted) throw new PublishError('PUBLISH_FAILED', 'orders', undefined);
        pass(broken.slow ?? 0);
        requests.push(records.map(({ headers }) => headers.ce_id ?? ''));
        if (requests.length === broken.down) throw new PublishError('PUBLISH_FAILED', 'orders', undefined);
        if (records.some(({ key }) => key === broken.refused)) {
          throw new PublishError('RECORDS_REFUSED', 'orders', undefined);
        }
        topic.push(...records.map(({ headers }) => headers.ce_id ?? ''));
      },
    },
  };
  return { ports, ...log, requests, topic, table, left: () => [...table.keys()], now: () => now };
}
