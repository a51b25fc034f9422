import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OutboxKey, OutboxRow } from '../../../../functions/outbox/row.ts';
import { halve, nextRequest, planDeletes, planReads } from '../../../../functions/relay/plan.ts';
import { orderId } from '../../../support/orders.ts';
import { cancelledRow, placedRow } from '../../../support/outbox-rows.ts';

const wakeup = (key: string, seq: number): OutboxKey => ({ orderId: orderId(key), seq });

describe('planReads', () => {
  it('reads first events together, and orders with later events whole', () => {
    const wakeups = [wakeup('a', 1), wakeup('b', 1), wakeup('c', 2), wakeup('b', 2)];
    expect(planReads(wakeups)).toEqual([
      { kind: 'first-events', orderIds: [orderId('a')] },
      { kind: 'order', orderId: orderId('c') },
      { kind: 'order', orderId: orderId('b') },
    ]);
  });

  it('asks for no key twice', () => {
    expect(planReads([wakeup('a', 1), wakeup('a', 1), wakeup('b', 2), wakeup('b', 2)])).toEqual([
      { kind: 'first-events', orderIds: [orderId('a')] },
      { kind: 'order', orderId: orderId('b') },
    ]);
  });

  it('takes 100 first events to a request', () => {
    const wakeups = Array.from({ length: 201 }, (_, index) => wakeup(`k${index}`, 1));
    const sizes = planReads(wakeups).map((read) => (read.kind === 'order' ? 1 : read.orderIds.length));
    expect(sizes).toEqual([100, 100, 1]);
  });

  it('reads nothing for nothing', () => {
    expect(planReads([])).toEqual([]);
  });
});

describe('nextRequest', () => {
  const onePartition = () => 0;

  it('takes all rows that fit', () => {
    const rows = [placedRow('a'), placedRow('b'), cancelledRow('a')];
    expect(nextRequest(rows, onePartition)).toEqual({ request: rows, rest: [] });
  });

  it('fills each partition up to 72 KiB', () => {
    const rows = Array.from({ length: 12 }, (_, index) => placedRow(`k${index}`, 15_000));
    expect(nextRequest(rows, onePartition).request).toHaveLength(4);
    const alternating = (key: string) => rows.findIndex(({ event }) => event.key === key) % 2;
    expect(nextRequest(rows, alternating).request).toHaveLength(8);
  });

  it('lets no small row overtake a large one of its partition', () => {
    const rows = [
      placedRow('a', 19_000),
      placedRow('b', 19_000),
      placedRow('c', 19_000),
      placedRow('d', 19_000),
    ];
    const { request, rest } = nextRequest([...rows, cancelledRow('d')], onePartition);
    expect(request).toEqual(rows.slice(0, 3));
    expect(rest).toEqual([rows[3], cancelledRow('d')]);
  });

  it('sends a row that is too large by itself alone', () => {
    const { event, ...key } = placedRow('a');
    const large: OutboxRow = { ...key, event: { ...event, value: new Uint8Array(80_000) } };
    expect(nextRequest([large, placedRow('b')], onePartition)).toEqual({
      request: [large],
      rest: [placedRow('b')],
    });
  });

  it('ends, loses nothing, and keeps the order within each partition', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 90_000 }), { maxLength: 40 });
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 4 }), (bytes, partitions) => {
        const rows = bytes.map((size, seq): OutboxRow => {
          const event = { key: String(seq % 7), value: new Uint8Array(size), headers: {} };
          return { orderId: orderId('a'), seq, event };
        });
        const partitionOf = (key: string) => Number(key) % partitions;
        const sent: OutboxRow[] = [];
        let pending: readonly OutboxRow[] = rows;
        while (pending.length > 0) {
          const { request, rest } = nextRequest(pending, partitionOf);
          expect(request.length).toBeGreaterThan(0);
          for (let partition = 0; partition < partitions; partition++) {
            const batch = request.filter(({ event }) => partitionOf(event.key) === partition);
            const size = batch.reduce((sum, { event }) => sum + event.value.length, 0);
            expect(batch.length === 1 || size < 72 * 1024).toBe(true);
          }
          sent.push(...request);
          pending = rest;
        }
        for (let partition = 0; partition < partitions; partition++) {
          const ofPartition = ({ event }: OutboxRow) => partitionOf(event.key) === partition;
          expect(sent.filter(ofPartition)).toEqual(rows.filter(ofPartition));
        }
      }),
    );
  });
});

describe('the rest of the plan', () => {
  it('halves a refused request by orders, down to one', () => {
    const [a, b, c] = [placedRow('a'), placedRow('b'), placedRow('c')];
    expect(halve([a, b, cancelledRow('a'), c])).toEqual([[a, b, cancelledRow('a')], [c]]);
    expect(halve([a, cancelledRow('a')])).toBeUndefined();
  });

  it('deletes 25 rows with a request', () => {
    const keys = Array.from({ length: 51 }, (_, index) => ({ orderId: orderId('a'), seq: index + 1 }));
    expect(planDeletes(keys).map(({ length }) => length)).toEqual([25, 25, 1]);
  });
});
