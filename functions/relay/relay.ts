/**
 * The relay brings the events of the outbox to the topic. Its stream wakes it; what the stream failed to bring, its schedule
 * finds; and both publish what there is of an order as one prefix, so that they may run at once.
 *
 *     read ──> publish, acks=all ──> delete
 *                                └─ a crash here publishes again: consumers know an event by its id
 */
import type { Context, DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda';
import type { Timing } from '../backoff.ts';
import { ANSWER_MS } from '../deadline.ts';
import { CALL_MS } from '../dynamodb.ts';
import { OrderlyError } from '../errors.ts';
import { type EventPublisher, PublishError } from '../kafka/publisher.ts';
import type { FunctionLogger, LogFields } from '../logger.ts';
import { OrderId } from '../orders/ids.ts';
import type { OutboxKey, OutboxRow } from '../outbox/row.ts';
import type { Outbox, OutboxPage } from './outbox.ts';
import { ageMs, halve, nextRequest, ordersOf, overdue, planDeletes, planReads, type Read } from './plan.ts';

export interface RelayPorts {
  readonly outbox: Outbox;
  readonly publisher: EventPublisher;
  readonly topic: string;
  readonly timeout: Timing['timeout'];
  readonly logger: Omit<FunctionLogger, 'addContext'>;
}

export type RelayHandler = (
  event: DynamoDBStreamEvent,
  context: Pick<Context, 'getRemainingTimeInMillis'>,
) => Promise<DynamoDBBatchResponse>;

/**
 * Publishes what the outbox holds of the orders that a batch of its stream names.
 *
 * The answer names the stream records of the orders that are not finished; all others are.
 */
export function relayHandler(ports: RelayPorts): RelayHandler {
  return async (event, context) => {
    const wakeups = readWakeups(event);
    const { published, failed } = await publishOrders(wakeups, ports, () =>
      context.getRemainingTimeInMillis(),
    );
    ports.logger.info('relayed', { records: wakeups.length, published, failed: failed.size });
    ports.logger.measure({ Published: published });
    return {
      batchItemFailures: wakeups
        .filter(({ orderId }) => failed.has(orderId))
        .map(({ sequenceNumber: itemIdentifier }) => ({ itemIdentifier })),
    };
  };
}

/** A record of the outbox table's stream: this row was written. */
interface Wakeup extends OutboxKey {
  /** What Lambda knows the record by in a partial batch response. */
  readonly sequenceNumber: string;
}

/**
 * The rows that a batch of the outbox table's stream (KEYS_ONLY) says were written; other changes, such as the relay's
 * own deletes, are passed over.
 *
 * @throws {OrderlyError} `STREAM_RECORD_INVALID` if this is not the outbox table's stream.
 */
function readWakeups({ Records: records }: DynamoDBStreamEvent): Wakeup[] {
  return records.flatMap(({ eventName, dynamodb }) => {
    if (eventName !== 'INSERT') return [];
    const orderId = OrderId.safeParse(dynamodb?.Keys?.orderId?.S);
    const seq = Number(dynamodb?.Keys?.seq?.N);
    const sequenceNumber = dynamodb?.SequenceNumber;
    if (!orderId.success || !Number.isSafeInteger(seq) || sequenceNumber === undefined) {
      throw new OrderlyError('STREAM_RECORD_INVALID', 'a stream record is not one of the outbox table');
    }
    return [{ orderId: orderId.data, seq, sequenceNumber }];
  });
}

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
 * The scheduled run: publishes what the stream has failed to bring within five minutes, because its records expired, or
 * because the mapping gave them up.
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
      oldestMs = Math.max(oldestMs, ...page.rows.map((row) => Math.min(ageMs(row, now), OLDEST_MS)));
      const rows = overdue(page.rows, now).filter(({ orderId }) => !failed.has(orderId));
      const outcome = await publishOrders(rows, ports, remainingMs);
      published += outcome.published;
      for (const orderId of outcome.failed) failed.add(orderId);
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

/**
 * Publishes what the outbox holds of the orders of these rows, each order as one prefix in seq order, then deletes it.
 *
 * Publishing ends while there is time left to delete what is published: a page of which each request is slow would otherwise
 * never come to its end, and go out again and again.
 *
 * @param named rows that are to be published, if they are still there
 * @param remainingMs how many milliseconds the invocation has left
 * @returns how many events were published, and the orders that are not finished; they hold up no other
 */
async function publishOrders(
  named: readonly OutboxKey[],
  ports: RelayPorts,
  remainingMs: () => number,
): Promise<{ readonly published: number; readonly failed: ReadonlySet<OrderId> }> {
  const until = ports.timeout(remainingMs() - CALL_MS - ANSWER_MS);
  const { rows, unread } = await readRows(planReads(named), ports);
  const { published, unpublished } = await publishRows(rows, ports, until);
  const undeleted = await deleteRows(published, ports);
  return {
    published: published.length,
    failed: new Set([...unread, ...orderIdsOf(unpublished), ...orderIdsOf(undeleted)]),
  };
}

const orderIdsOf = (rows: readonly OutboxKey[]): readonly OrderId[] => rows.map(({ orderId }) => orderId);

/** Each order's rows in seq order, and the orders of which a row could not be read. */
async function readRows(
  reads: readonly Read[],
  { outbox, logger }: RelayPorts,
): Promise<{ readonly rows: readonly OutboxRow[]; readonly unread: readonly OrderId[] }> {
  const answers = await Promise.all(
    reads.map(async (read) => {
      try {
        if (read.kind === 'order') return { rows: await outbox.readOrder(read.orderId), unread: [] };
        const { rows, unreadable } = await outbox.readFirstEvents(read.orderIds);
        for (const orderId of unreadable) logger.error('outbox row not readable', { orderId });
        return { rows, unread: unreadable };
      } catch (error) {
        logger.error('outbox not read', describe(ordersOf(read)), error);
        return { rows: [], unread: ordersOf(read) };
      }
    }),
  );
  return { rows: answers.flatMap(({ rows }) => rows), unread: answers.flatMap(({ unread }) => unread) };
}

/** How many orders, and which one if it is one. */
function describe(orders: readonly OrderId[]): LogFields {
  const [orderId, ...others] = orders;
  return { orders: orders.length, ...(orderId !== undefined && others.length === 0 && { orderId }) };
}

interface Sent {
  readonly published: readonly OutboxRow[];
  readonly unpublished: readonly OutboxRow[];
  /** The broker is in trouble, so that nothing else will pass either, or time is up: nothing more is tried. */
  readonly isLast: boolean;
}

/** Publishes request by request, so that an order's later rows go only after its earlier ones are acknowledged. */
async function publishRows(rows: readonly OutboxRow[], ports: RelayPorts, until: AbortSignal): Promise<Sent> {
  if (rows.length === 0) return { published: [], unpublished: [], isLast: false };
  const { request, rest } = nextRequest(rows, (key) => ports.publisher.partitionOf(ports.topic, key));
  const sent = await publishRequest(request, ports, until);
  if (sent.isLast) return { ...sent, unpublished: [...sent.unpublished, ...rest] };
  const failed = new Set(orderIdsOf(sent.unpublished));
  const next = await publishRows(
    rest.filter(({ orderId }) => !failed.has(orderId)),
    ports,
    until,
  );
  return both(sent, next);
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
      const orders = [...new Set(orderIdsOf(request))];
      logger.error('events not published', { topic, records: request.length, ...describe(orders) }, error);
      return { published: [], unpublished: request, isLast: !refused };
    }
    const first = await publishRequest(halves[0], ports, until);
    const second = first.isLast
      ? { published: [], unpublished: halves[1], isLast: true }
      : await publishRequest(halves[1], ports, until);
    return both(first, second);
  }
}

function both(first: Sent, second: Sent): Sent {
  return {
    published: [...first.published, ...second.published],
    unpublished: [...first.unpublished, ...second.unpublished],
    isLast: second.isLast,
  };
}

/** Deletes what is published; returns the rows that could not be deleted. */
async function deleteRows(
  published: readonly OutboxRow[],
  { outbox, logger }: RelayPorts,
): Promise<readonly OutboxKey[]> {
  const left = await Promise.all(
    planDeletes(published).map(async (group) => {
      try {
        await outbox.delete(group);
        return [];
      } catch (error) {
        logger.error('published rows not deleted', { records: group.length }, error);
        return group;
      }
    }),
  );
  return left.flat();
}
