import { OrderlyError } from '../errors.ts';
import type { OrderId } from '../orders/ids.ts';
import { ageMs, overdue } from './plan.ts';
import { type OutboxPage, publishOrders, type RelayPorts } from './publish-orders.ts';

export interface SweepPorts extends RelayPorts {
  /** Everything the outbox holds now; each call begins anew. */
  readonly pages: () => AsyncIterable<OutboxPage>;
  /** Epoch milliseconds. */
  readonly clock: () => number;
}

/** A page takes a second; reading it, its rows and deleting them may take 10 seconds each. With less time left none is begun. */
const PAGE_MS = 30_000;

/** Stands for the age of an event without a time. Infinity would be written as null, and no alarm sees that. */
const OLDEST_MS = Number.MAX_SAFE_INTEGER;

/**
 * The relay's scheduled run: publishes what the stream has failed to bring within five minutes, because its records
 * expired, or because the mapping gave them up. What is there of an order goes out as one prefix, as it does by the
 * stream, so the two may run at once.
 *
 *     rows of the outbox    #  #  .  .  .        # overdue: published    . young: left to the stream
 *
 * It ends early when little time is left; what remains is next time's work. What alarms are set on, it measures: the age
 * of the oldest event that it met, published now or not, and the rows that can't be read.
 *
 * @throws {OrderlyError} `SWEEP_INCOMPLETE` at the end, if an order could not be finished or a row not be read
 */
export function sweepHandler(ports: SweepPorts): (remainingMs: () => number) => Promise<void> {
  return async (remainingMs) => {
    const failed = new Set<OrderId>();
    let published = 0;
    let unreadable = 0;
    let oldestMs = 0;

    for await (const page of ports.pages()) {
      const now = ports.clock();
      unreadable += page.unreadable;
      const ages = page.rows.map((row) => Math.min(ageMs(row, now), OLDEST_MS));
      oldestMs = Math.max(oldestMs, ...ages);
      const rows = overdue(page.rows, now).filter(({ orderId }) => !failed.has(orderId));
      published += await publishOrders(rows, ports, failed, remainingMs);
      // Before the next page is read, which may take its time, too.
      if (remainingMs() < PAGE_MS) {
        ports.logger.warn('no time for another page');
        break;
      }
    }

    const data = { published, failed: failed.size + unreadable };
    ports.logger.info('swept', { ...data, oldestMs });
    ports.logger.measure({ Published: published, OutboxAge: oldestMs, UnreadableOutboxRows: unreadable });
    if (data.failed > 0) {
      throw new OrderlyError('SWEEP_INCOMPLETE', 'rows of the outbox are left behind', {
        retriable: true,
        data,
      });
    }
  };
}
