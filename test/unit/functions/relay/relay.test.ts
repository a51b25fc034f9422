import { BatchWriteItemCommand, type DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { PublishError, type PublishRecord } from '../../../../functions/kafka/publisher.ts';
import { type OutboxRow, toOutboxItem } from '../../../../functions/outbox/row.ts';
import { dynamoDbOutbox, outboxPages } from '../../../../functions/relay/outbox.ts';
import { type RelayPorts, relayHandler, sweepHandler } from '../../../../functions/relay/relay.ts';
import { clientWith } from '../../../simulator/dynamodb/client.ts';
import { CALM, execute } from '../../../simulator/dynamodb/commands.ts';
import { database, table } from '../../../simulator/dynamodb/tables.ts';
import { orderId } from '../../../support/orders.ts';
import { cancelledRow, nameOf, placedRow, streamEvent } from '../../../support/outbox-rows.ts';
import { recordedLog } from '../../../support/recorded-log.ts';

const MINUTE = 60_000;
/** When the sweep runs. */
const now = Date.parse('2026-03-02T00:00:00.000Z');

interface Trouble {
  /** An order that the broker never takes. */
  readonly refused?: string;
  /** The publication that fails, counted from 1. */
  readonly down?: number;
  /** Milliseconds that each publication takes. */
  readonly slow?: number;
  /** What DynamoDB refuses. */
  readonly failing?: 'reads' | 'deletes';
  /** Rows that lack their event. */
  readonly unreadable?: readonly OutboxRow[];
  /** How many rows a page of the table has at most. */
  readonly pageRows?: number;
}

/** An outbox with these rows, a topic, and what is wrong with the two. An invocation has a minute. */
function world(rows: readonly OutboxRow[], trouble: Trouble = {}) {
  const { refused, down, slow = 0, failing, unreadable = [], pageRows = 100 } = trouble;
  const { logger, ...log } = recordedLog();
  const outbox = table('Outbox', { hash: 'orderId', range: { name: 'seq', type: 'N' } });
  for (const item of rows.map(toOutboxItem)) outbox.write(item, item);
  for (const { value: _, ...item } of unreadable.map(toOutboxItem)) outbox.write(item, item);
  let pagesRead = 0;
  const client: DynamoDBClient = clientWith(async (command) => {
    if (command instanceof ScanCommand) pagesRead += 1;
    else if (failing === (command instanceof BatchWriteItemCommand ? 'deletes' : 'reads'))
      throw Object.assign(new Error('refused'), { name: 'ValidationException' });
    const pageSize = (asked = pageRows) => Math.min(asked, pageRows);
    return execute(database([outbox]), command, { ...CALM, pageSize });
  });

  let passed = 0;
  const ends: { readonly at: number; readonly controller: AbortController }[] = [];
  const requests: string[][] = [];
  const topic: string[] = [];
  const ports: RelayPorts = {
    topic: 'orders',
    logger,
    outbox: dynamoDbOutbox(client, 'Outbox'),
    timeout(ms) {
      const controller = new AbortController();
      ends.push({ at: passed + ms, controller });
      return controller.signal;
    },
    publisher: {
      partitionOf: () => 0,
      async publish(_topic, records: readonly PublishRecord[], signal) {
        if (signal?.aborted) throw new PublishError('PUBLISH_FAILED', 'orders', undefined);
        passed += slow;
        for (const { at, controller } of ends) if (at <= passed) controller.abort();
        const ids = records.map(({ headers }) => headers.ce_id ?? '');
        requests.push(ids);
        if (requests.length === down) throw new PublishError('PUBLISH_FAILED', 'orders', undefined);
        if (records.some(({ key }) => key === refused))
          throw new PublishError('RECORDS_REFUSED', 'orders', undefined);
        topic.push(...ids);
      },
    },
  };
  const getRemainingTimeInMillis = () => 60_000 - passed;
  const relay = relayHandler(ports);
  const sweep = sweepHandler({ ...ports, pages: () => outboxPages(client, 'Outbox'), clock: () => now });
  return {
    ...log,
    requests,
    topic,
    /** The stream names these rows. */
    wake: (named: Parameters<typeof streamEvent>[0]) =>
      relay(streamEvent(named), { getRemainingTimeInMillis }),
    relay,
    sweep: (remainingMs = getRemainingTimeInMillis) => sweep(remainingMs),
    left: () => [...outbox.items.values()].map((item) => `${item.orderId?.S}.${item.seq?.N}`).toSorted(),
    passed: () => passed,
    pagesRead: () => pagesRead,
  };
}

const names = (...rows: readonly OutboxRow[]) => rows.map(nameOf).toSorted();

describe('the relay, woken by its stream,', () => {
  const placed = ['a', 'b', 'c', 'd'].map((key) => placedRow(key));
  const [a, b, c, d] = [placedRow('a'), placedRow('b'), placedRow('c'), placedRow('d')];
  const fails = (...indexes: number[]) => ({
    batchItemFailures: indexes.map((index) => ({ itemIdentifier: `sn-${index}` })),
  });

  it('publishes what is named, deletes it, and is finished', async () => {
    const { wake, topic, left, measured } = world(placed);
    expect(await wake(placed)).toEqual(fails());
    expect(topic.toSorted()).toEqual(names(...placed));
    expect(left()).toEqual([]);
    expect(measured).toEqual([{ Published: 4 }]);
  });

  it('publishes an order from its first unpublished event on, whatever the stream names', async () => {
    const { wake, topic } = world([a, cancelledRow('a')]);
    expect(await wake([cancelledRow('a')])).toEqual(fails());
    expect(topic).toEqual([nameOf(a), nameOf(cancelledRow('a'))]);
  });

  it('has nothing to do for rows that are gone, and for its own deletes', async () => {
    const { wake, relay, requests } = world([]);
    expect(await wake([...placed, cancelledRow('a')])).toEqual(fails());
    const deletes = streamEvent(placed).Records.map((record) => ({
      ...record,
      eventName: 'REMOVE' as const,
    }));
    const context = { getRemainingTimeInMillis: () => 60_000 };
    expect(await relay({ Records: deletes }, context)).toEqual(fails());
    expect(requests).toEqual([]);
  });

  it.each([
    ['another table', { Keys: { id: { S: 'x' } }, SequenceNumber: 's' }],
    ['no sequence number', { Keys: { orderId: { S: orderId('a') }, seq: { N: '1' } } }],
  ])('refuses a record of %s', async (_, dynamodb) => {
    const { relay } = world([]);
    const context = { getRemainingTimeInMillis: () => 60_000 };
    await expect(relay({ Records: [{ eventName: 'INSERT', dynamodb }] }, context)).rejects.toMatchObject({
      code: 'STREAM_RECORD_INVALID',
    });
  });

  it('leaves out the one order that the broker refuses, and finishes the others', async () => {
    const rows = [...placed, cancelledRow('c')];
    const { wake, topic, left, lines } = world(rows, { refused: c.orderId });
    expect(await wake(rows)).toEqual(fails(2, 4));
    expect(lines.map(({ fields }) => fields?.orderId)).toContain(c.orderId);
    expect(topic.toSorted()).toEqual(names(a, b, d));
    expect(left()).toEqual(names(c, cancelledRow('c')));
  });

  it('publishes no later row of an order whose earlier row was refused', async () => {
    const large = placedRow('a', 19_000);
    const rows = [large, ...['x', 'y', 'z'].map((key) => placedRow(key, 19_000)), cancelledRow('a')];
    const { wake, topic } = world(rows, { refused: large.orderId });
    await wake(rows);
    expect(topic).toHaveLength(3);
    expect(topic.some((id) => id.startsWith(large.orderId))).toBe(false);
  });

  it('ends before its time does, with what was published deleted, however slow each request is', async () => {
    const rows = Array.from({ length: 60 }, (_, at) => placedRow(`slow-${at}`, 19_000));
    const { wake, topic, left, passed } = world(rows, { slow: 4_000 });
    const { batchItemFailures } = await wake(rows);
    expect(topic).toHaveLength(36);
    expect(left()).toHaveLength(24);
    expect(batchItemFailures).toHaveLength(24);
    expect(passed()).toBeLessThanOrEqual(48_000);
  });

  it('tries nothing more when the broker is in trouble, and finishes what went before', async () => {
    const rows = ['a', 'b', 'c', 'd', 'e', 'f'].map((key) => placedRow(key, 19_000));
    const { wake, requests, topic, left } = world(rows, { down: 2 });
    const { batchItemFailures } = await wake(rows);
    expect([batchItemFailures, requests, topic].map(({ length }) => length)).toEqual([3, 2, 3]);
    expect(left()).toEqual(names(...rows.filter((row) => !topic.includes(nameOf(row)))));
  });

  it('finishes the others beside an order whose row can’t be read, and names that one', async () => {
    const { wake, topic, left, lines } = world([a, c, d], { unreadable: [b] });
    expect(await wake(placed)).toEqual(fails(1));
    expect(topic.toSorted()).toEqual(names(a, c, d));
    expect(left()).toEqual(names(b));
    expect(lines).toContainEqual({ message: 'outbox row not readable', fields: { orderId: b.orderId } });
  });

  it.each([
    ['read', 'reads', 0],
    ['delete', 'deletes', 4],
  ] as const)('asks again for orders whose rows it could not %s', async (_, failing, published) => {
    const { wake, topic } = world(placed, { failing });
    expect(await wake(placed)).toEqual(fails(0, 1, 2, 3));
    expect(topic).toHaveLength(published);
  });
});

describe('the relay, run by its schedule,', () => {
  /** The row as if its event had happened that many minutes ago. */
  function aged(row: OutboxRow, minutes: number): OutboxRow {
    const ce_time = new Date(now - minutes * MINUTE).toISOString();
    return { ...row, event: { ...row.event, headers: { ...row.event.headers, ce_time } } };
  }
  function timeless(row: OutboxRow): OutboxRow {
    const { ce_time: _, ...headers } = row.event.headers;
    return { ...row, event: { ...row.event, headers } };
  }
  const incomplete = (data: object) => expect.objectContaining({ code: 'SWEEP_INCOMPLETE', data });

  const old = ['a', 'b', 'c'].map((key) => aged(placedRow(key), 6));
  const [a, b, c] = [placedRow('a'), placedRow('b'), placedRow('c')];
  const refused = { refused: b.orderId };

  it('publishes and deletes what is five minutes old, and leaves what is younger', async () => {
    const young = aged(placedRow('d'), 4.99);
    const { sweep, topic, left } = world([...old, aged(placedRow('e'), 5), young]);
    await sweep();
    expect(topic.toSorted()).toEqual(names(a, b, c, placedRow('e')));
    expect(left()).toEqual(names(young));
  });

  it.each([
    ['the young ones behind an old one too', 9, 1, 100],
    ['where clocks differ, and the order lies on two pages', 1, 9, 1],
  ])('publishes an order from its first event on, %s', async (_, placedAgo, cancelledAgo, pageRows) => {
    const rows = [aged(a, placedAgo), aged(cancelledRow('a'), cancelledAgo)];
    const { sweep, topic, left } = world(rows, { pageRows });
    await sweep();
    expect(topic).toEqual([nameOf(a), nameOf(cancelledRow('a'))]);
    expect(left()).toEqual([]);
  });

  it('tells the age of the oldest row that it met, published or not', async () => {
    const oldest = aged(placedRow('e'), 90);
    const { sweep, lines, measured } = world([aged(placedRow('d'), 1), ...old, oldest], {
      refused: oldest.orderId,
      pageRows: 2,
    });
    await expect(sweep()).rejects.toEqual(incomplete({ published: 3, failed: 1 }));
    const fields = { published: 3, failed: 1, oldestMs: 90 * MINUTE };
    expect(lines.at(-1)).toEqual({ message: 'swept', fields });
    expect(measured).toEqual([{ Published: 3, OutboxAge: 90 * MINUTE, UnreadableOutboxRows: 0 }]);
  });

  it('measures no age when there is no row, and asks the broker for nothing', async () => {
    const { sweep, measured, requests } = world([]);
    await sweep();
    expect(measured).toEqual([{ Published: 0, OutboxAge: 0, UnreadableOutboxRows: 0 }]);
    expect(requests).toEqual([]);
  });

  it('takes an event without a time for an old one, whose age an alarm can see', async () => {
    const { sweep, topic, measured } = world([timeless(a), aged(placedRow('d'), 1)]);
    await sweep();
    expect(topic).toEqual([nameOf(a)]);
    expect(measured).toMatchObject([{ OutboxAge: Number.MAX_SAFE_INTEGER }]);
  });

  it('finishes the other orders, then fails, for the one that is refused', async () => {
    const { sweep, topic, left } = world([...old, aged(cancelledRow('b'), 6)], refused);
    await expect(sweep()).rejects.toEqual(incomplete({ published: 2, failed: 1 }));
    expect(topic.toSorted()).toEqual(names(a, c));
    expect(left()).toEqual(names(b, cancelledRow('b')));
  });

  it('goes on to the next page after a failure, without trying that order again', async () => {
    const { sweep, requests, topic } = world([...old, aged(cancelledRow('b'), 6)], {
      ...refused,
      pageRows: 1,
    });
    await expect(sweep()).rejects.toEqual(incomplete({ published: 2, failed: 1 }));
    expect(topic.toSorted()).toEqual(names(a, c));
    expect(requests).toHaveLength(3);
  });

  it('fails when rows can’t be read, measures them, and publishes the others', async () => {
    const unreadable = [placedRow('x'), placedRow('y')];
    const { sweep, topic, measured } = world(old, { unreadable });
    await expect(sweep()).rejects.toEqual(incomplete({ published: 3, failed: 2 }));
    expect(topic.toSorted()).toEqual(names(a, b, c));
    expect(measured).toMatchObject([{ OutboxAge: 6 * MINUTE, UnreadableOutboxRows: 2 }]);
  });

  it('fails when the table can’t be read', async () => {
    const { sweep } = world(old, { failing: 'reads' });
    await expect(sweep()).rejects.toEqual(incomplete({ published: 0, failed: 3 }));
  });

  it('ends early when little time is left, and goes on the next time', async () => {
    const { sweep, left, pagesRead } = world(old, { pageRows: 1, slow: 31_000 });
    await sweep();
    expect(left()).toHaveLength(2);
    // A table that is slow to answer would otherwise take it beyond its end.
    expect(pagesRead()).toBe(1);
    await sweep(() => 60_000);
    expect(left()).toEqual([]);
  });
});
