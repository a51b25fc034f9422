import { describe, expect, it } from 'vitest';
import type { OutboxRow } from '../../../../functions/outbox/row.ts';
import type { OutboxPage } from '../../../../functions/relay/publish-orders.ts';
import { sweepHandler } from '../../../../functions/relay/sweep.ts';
import { cancelledRow, placedRow } from '../../../support/outbox-rows.ts';
import { nameOf, relayWorld } from '../../../support/relay-world.ts';

const MINUTE = 60_000;
const now = Date.parse('2026-03-02T00:00:00.000Z');
const enough = () => 60_000;
const incomplete = (data: object) => expect.objectContaining({ code: 'SWEEP_INCOMPLETE', data });

/** The row as if its event had happened that many minutes ago. */
function aged(row: OutboxRow, minutes: number): OutboxRow {
  const ce_time = new Date(now - minutes * MINUTE).toISOString();
  return { ...row, event: { ...row.event, headers: { ...row.event.headers, ce_time } } };
}

function timeless(row: OutboxRow): OutboxRow {
  const { ce_time: _, ...headers } = row.event.headers;
  return { ...row, event: { ...row.event, headers } };
}

function world(
  rows: readonly OutboxRow[],
  options: Omit<NonNullable<Parameters<typeof relayWorld>[1]>, 'unreadable'> & {
    pageRows?: number;
    unreadable?: number;
  } = {},
) {
  const { pageRows = 100, unreadable = 0, ...broken } = options;
  const relay = relayWorld(rows, broken);
  let read = 0;
  async function* pages(): AsyncGenerator<OutboxPage> {
    const all = [...relay.table.values()];
    for (let at = 0; at < all.length || at === 0; at += pageRows) {
      read += 1;
      yield { rows: all.slice(at, at + pageRows), unreadable: at === 0 ? unreadable : 0 };
    }
  }
  return { ...relay, read: () => read, sweep: sweepHandler({ ...relay.ports, pages, clock: () => now }) };
}

const old = ['a', 'b', 'c'].map((key) => aged(placedRow(key), 6));
const [a = '', b = '', c = ''] = old.map(nameOf);
const refused = { refused: placedRow('b').orderId };

describe('the sweep', () => {
  it('publishes and deletes what is five minutes old, and leaves what is younger', async () => {
    const young = aged(placedRow('d'), 4.99);
    const { sweep, topic, left } = world([...old, aged(placedRow('e'), 5), young]);
    await sweep(enough);
    expect(topic).toEqual([a, b, c, nameOf(placedRow('e'))]);
    expect(left()).toEqual([nameOf(young)]);
  });

  it('publishes an order from its first event on, the young ones behind an old one too', async () => {
    const { sweep, topic, left } = world([aged(placedRow('a'), 9), aged(cancelledRow('a'), 1)]);
    await sweep(enough);
    expect(topic).toEqual([nameOf(placedRow('a')), nameOf(cancelledRow('a'))]);
    expect(left()).toEqual([]);
  });

  it('keeps that order where clocks differ, and an order lies on two pages', async () => {
    const { sweep, topic } = world([aged(placedRow('a'), 1), aged(cancelledRow('a'), 9)], { pageRows: 1 });
    await sweep(enough);
    expect(topic).toEqual([nameOf(placedRow('a')), nameOf(cancelledRow('a'))]);
  });

  it('takes an event without a time for an old one', async () => {
    const { sweep, topic } = world([timeless(placedRow('a'))]);
    await sweep(enough);
    expect(topic).toEqual([a]);
  });

  it('tells the age of the oldest row that it met, published or not', async () => {
    const { sweep, lines, measured } = world([aged(placedRow('d'), 1), ...old, aged(placedRow('e'), 90)], {
      refused: placedRow('e').orderId,
      pageRows: 2,
    });
    await expect(sweep(enough)).rejects.toEqual(incomplete({ published: 3, failed: 1 }));
    expect(lines.at(-1)).toEqual({
      message: 'swept',
      fields: { published: 3, failed: 1, oldestMs: 90 * MINUTE },
    });
    expect(measured).toEqual([{ Published: 3, OutboxAge: 90 * MINUTE, UnreadableOutboxRows: 0 }]);
  });

  it('measures no age when there is no row', async () => {
    const { sweep, measured } = world([]);
    await sweep(enough);
    expect(measured).toEqual([{ Published: 0, OutboxAge: 0, UnreadableOutboxRows: 0 }]);
  });

  it('measures an event without a time as older than all others, as a number that an alarm sees', async () => {
    const { sweep, measured } = world([...old, timeless(placedRow('d'))]);
    await sweep(enough);
    expect(measured).toMatchObject([{ OutboxAge: Number.MAX_SAFE_INTEGER }]);
  });

  it('measures the rows that can’t be read', async () => {
    const { sweep, measured } = world(old, { unreadable: 2 });
    await sweep(enough).catch(() => undefined);
    expect(measured).toMatchObject([{ OutboxAge: 6 * MINUTE, UnreadableOutboxRows: 2 }]);
  });

  it('goes through all pages', async () => {
    const { sweep, left } = world(old, { pageRows: 1 });
    await sweep(enough);
    expect(left()).toEqual([]);
  });

  it('asks the broker for nothing when nothing is overdue', async () => {
    const { sweep, requests } = world([aged(placedRow('a'), 1)]);
    await sweep(enough);
    expect(requests).toEqual([]);
  });

  it('finishes the other orders, then fails, for the one that is refused', async () => {
    const { sweep, topic, left } = world([...old, aged(cancelledRow('b'), 6)], refused);
    await expect(sweep(enough)).rejects.toEqual(incomplete({ published: 2, failed: 1 }));
    expect(topic).toEqual([a, c]);
    expect(left()).toEqual([b, nameOf(cancelledRow('b'))]);
  });

  it('goes on to the next page after a failure, without trying that order again', async () => {
    const { sweep, requests, topic } = world([...old, aged(cancelledRow('b'), 6)], {
      ...refused,
      pageRows: 1,
    });
    await expect(sweep(enough)).rejects.toEqual(incomplete({ published: 2, failed: 1 }));
    expect(topic).toEqual([a, c]);
    expect(requests).toHaveLength(3);
  });

  it('fails when a row can’t be read, and publishes the others', async () => {
    const { sweep, topic } = world(old, { unreadable: 2 });
    await expect(sweep(enough)).rejects.toEqual(incomplete({ published: 3, failed: 2 }));
    expect(topic).toEqual([a, b, c]);
  });

  it('fails when the table can’t be read', async () => {
    const { sweep } = world(old, { reads: true });
    await expect(sweep(enough)).rejects.toEqual(incomplete({ published: 0, failed: 3 }));
  });

  it('ends early when little time is left, and goes on the next time', async () => {
    const { sweep, left, read, now: passed } = world(old, { pageRows: 1, slow: 31_000 });
    await sweep(() => 60_000 - passed());
    expect(left()).toEqual([b, c]);
    // A table that is slow to answer would otherwise take it beyond its end.
    expect(read()).toBe(1);
    await sweep(enough);
    expect(left()).toEqual([]);
  });
});
