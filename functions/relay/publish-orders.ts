import type { Timing } from '../backoff.ts';
import { ANSWER_MS } from '../deadline.ts';
import { CALL_MS } from '../dynamodb.ts';
import { type EventPublisher, PublishError } from '../kafka/publisher.ts';
import type { FunctionLogger, LogFields } from '../logger.ts';
import type { OrderId } from '../orders/ids.ts';
import type { OutboxKey, OutboxRow } from '../outbox/row.ts';
import { halve, nextRequest, ordersOf, planDeletes, planReads, type Read } from './plan.ts';

export interface RelayPorts {
  readonly outbox: OutboxStore;
  readonly publisher: EventPublisher;
  readonly topic: string;
  readonly timeout: Timing['timeout'];
  readonly logger: Omit<FunctionLogger, 'addContext'>;
}

/**
 * Publishes what the outbox holds of the orders of these rows, each order as one prefix in seq order, then deletes it.
 *
 *     read ──> publish, acks=all ──> delete
 *                                └─ a crash here publishes again: consumers know an event by its id
 *
 * Publishing ends while there is time left to delete what is published: a page of which each request is slow would otherwise
 * never come to its end, and go out again and again.
 *
 * @param named rows that are to be published, if they are still there
 * @param remainingMs how many milliseconds the invocation has left
 * @param failed gets the orders that are not finished; they hold up no other
 * @returns how many events were published
 */
export async function publishOrders(
  named: readonly OutboxKey[],
  ports: RelayPorts,
  failed: Set<OrderId>,
  remainingMs: () => number,
): Promise<number> {
  const until = ports.timeout(remainingMs() - CALL_MS - ANSWER_MS);
  const rows = await readRows(planReads(named), ports, failed);
  const published = await publishRows(rows, ports, failed, until);
  await deleteRows(published, ports, failed);
  return published.length;
}

/** Each order's rows in seq order. */
async function readRows(
  reads: readonly Read[],
  { outbox, logger }: RelayPorts,
  failed: Set<OrderId>,
): Promise<OutboxRow[]> {
  const answers = await Promise.allSettled(reads.map((read) => readRequest(read, outbox)));
  return reads.flatMap((read, index) => {
    const answer = answers[index];
    if (answer?.status !== 'fulfilled') {
      for (const orderId of ordersOf(read)) failed.add(orderId);
      logger.error('outbox not read', describe(ordersOf(read)), answer?.reason);
      return [];
    }
    for (const orderId of answer.value.unreadable) {
      failed.add(orderId);
      logger.error('outbox row not readable', { orderId });
    }
    return answer.value.rows;
  });
}

/** How many orders, and which one if it is one. */
function describe(orders: readonly OrderId[]): LogFields {
  const [orderId, ...others] = orders;
  return { orders: orders.length, ...(orderId !== undefined && others.length === 0 && { orderId }) };
}

async function readRequest(read: Read, outbox: OutboxStore): Promise<FirstEvents> {
  if (read.kind === 'first-events') return outbox.readFirstEvents(read.orderIds);
  return { rows: await outbox.readOrder(read.orderId), unreadable: [] };
}

/** Publishes request by request, so that an order's later rows go only after its earlier ones are acknowledged. */
async function publishRows(
  rows: readonly OutboxRow[],
  ports: RelayPorts,
  failed: Set<OrderId>,
  until: AbortSignal,
): Promise<OutboxRow[]> {
  const published: OutboxRow[] = [];
  let pending = rows;
  while (pending.length > 0) {
    const { request, rest } = nextRequest(pending, (key) => ports.publisher.partitionOf(ports.topic, key));
    const sent = await publishRequest(request, ports, until);
    published.push(...sent.published);
    for (const { orderId } of sent.isLast ? [...sent.unpublished, ...rest] : sent.unpublished) {
      failed.add(orderId);
    }
    pending = rest.filter(({ orderId }) => !failed.has(orderId));
  }
  return published;
}

interface Sent {
  readonly published: readonly OutboxRow[];
  readonly unpublished: readonly OutboxRow[];
  /** The broker is in trouble, so that nothing else will pass either, or time is up: nothing more is tried. */
  readonly isLast: boolean;
}

/** Sends one request. If the broker refuses its records, halves of it are sent, down to the one order that is to blame. */
async function publishRequest(
  request: readonly OutboxRow[],
  ports: RelayPorts,
  until: AbortSignal,
): Promise<Sent> {
  const { publisher, topic, logger } = ports;
  try {
    await publisher.publish(
      topic,
      request.map(({ event }) => event),
      until,
    );
    return { published: request, unpublished: [], isLast: false };
  } catch (error) {
    const refused = error instanceof PublishError && error.code === 'RECORDS_REFUSED';
    const halves = refused ? halve(request) : undefined;
    if (halves === undefined) {
      const orders = new Set(request.map(({ orderId }) => orderId));
      logger.error(
        'events not published',
        { topic, records: request.length, ...describe([...orders]) },
        error,
      );
      return { published: [], unpublished: request, isLast: !refused };
    }
    const first = await publishRequest(halves[0], ports, until);
    const second = first.isLast ? notTried(halves[1]) : await publishRequest(halves[1], ports, until);
    return {
      published: [...first.published, ...second.published],
      unpublished: [...first.unpublished, ...second.unpublished],
      isLast: second.isLast,
    };
  }
}

function notTried(rows: readonly OutboxRow[]): Sent {
  return { published: [], unpublished: rows, isLast: true };
}

async function deleteRows(
  published: readonly OutboxRow[],
  { outbox, logger }: RelayPorts,
  failed: Set<OrderId>,
): Promise<void> {
  const groups = planDeletes(published);
  const answers = await Promise.allSettled(groups.map((group) => outbox.delete(group)));
  answers.forEach((answer, index) => {
    if (answer.status === 'fulfilled') return;
    const group = groups[index] ?? [];
    for (const { orderId } of group) failed.add(orderId);
    logger.error('published rows not deleted', { records: group.length }, answer.reason);
  });
}

/** What the relay needs of the outbox table. Reads are consistent; a row that is not returned is gone, that is, published. */
export interface OutboxStore {
  /** The first event of each of up to 100 distinct orders, as far as it is unpublished. */
  readFirstEvents(orderIds: readonly OrderId[]): Promise<FirstEvents>;
  /** All unpublished events of an order, in seq order; rejects with `OUTBOX_ROW_INVALID` if one of them can't be read. */
  readOrder(orderId: OrderId): Promise<readonly OutboxRow[]>;
  /** Deletes up to 25 distinct rows; one that is gone already is no error. */
  delete(keys: readonly OutboxKey[]): Promise<void>;
}

interface FirstEvents {
  readonly rows: readonly OutboxRow[];
  /** Orders whose row can't be read, and so never be published. */
  readonly unreadable: readonly OrderId[];
}

/** A part of the outbox table. */
export interface OutboxPage {
  readonly rows: readonly OutboxRow[];
  /** How many rows of the page can't be read, and so never be published. */
  readonly unreadable: number;
}
