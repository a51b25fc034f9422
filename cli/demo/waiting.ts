import { setTimeout as delay } from 'node:timers/promises';
import type { Placed } from '../checkout-client.ts';
import type { Scene } from './scene.ts';

const POLL_MS = 50;

/** Milliseconds from the answer to the shipment's row; undefined if there is none by the time that timing ends. */
export async function untilShipped(
  { tables, names }: Scene,
  { orderId, answeredAt }: Placed,
  timing: AbortSignal,
): Promise<number | undefined> {
  while (!timing.aborted) {
    if (await tables.hasOrder(names.shipments, orderId)) return Date.now() - answeredAt;
    await delay(POLL_MS);
  }
  return undefined;
}

/** Waits until the ledger of mails has the orders' thank-yous as sent. */
export async function mailsAreOut(
  { tables, names, stalledMs }: Scene,
  orderIds: readonly string[],
): Promise<void> {
  const keys = orderIds.map((orderId) => `email-service#${orderId}.1`);
  const sent = () => tables.withStatus(names.emailLedger, 'eventKey', keys, 'SENT');
  await untilNone(async () => keys.length - (await sent()), stalledMs);
}

/** Waits until the outbox is empty and every group has committed up to the end of the topic. */
export async function quiet({ tables, names, topic, groups, stalledMs }: Scene): Promise<void> {
  await untilNone(async () => (await tables.rows(names.outbox)) + (await topic.lag(groups)), stalledMs);
}

/** Waits until nothing is left, or nothing moves any more: what is missing then is for the count to say. */
export async function untilNone(left: () => Promise<number>, stalledMs: number): Promise<void> {
  let [last, movedAt] = [Number.NaN, Date.now()];
  while (Date.now() - movedAt < stalledMs) {
    const now = await left();
    if (now === 0) return;
    if (now !== last) [last, movedAt] = [now, Date.now()];
    await delay(POLL_MS);
  }
}
