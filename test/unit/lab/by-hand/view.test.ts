import { describe, expect, it } from 'vitest';
import { memberLines, producerLines, troubleOf } from '../../../../lab/by-hand/view.ts';
import type { LogEvent } from '../../../../local/events/event.ts';

const A = { at: 0, group: 'shipping', member: 'A' };
const reads = (...partitions: number[]): LogEvent => ({
  type: 'assigned',
  ...A,
  topic: 'orders',
  partitions,
});
const fate = (fate: 'delivered' | 'done', offset: number, text = `order ${offset}`): LogEvent => ({
  ...{ type: 'fate', ...A, topic: 'orders', partition: 1, offset, key: 'k', fate, text },
});
const committed = (offset: number): LogEvent => ({
  ...{ type: 'committed', at: 0, group: 'shipping', topic: 'orders', partition: 1, offset },
});
const left = (how: 'left' | 'killed'): LogEvent => ({ type: 'left', ...A, how });
const shown = (...events: LogEvent[]) => events.flatMap(memberLines());

describe('a member', () => {
  it('says at each rebalance what it lost and what it got', () => {
    expect(shown(reads(0, 1, 2), reads(2, 0), reads(1), reads(), reads())).toEqual([
      'A has joined shipping: it reads orders 0, 1, 2',
      'rebalance: A reads orders 0, 2; lost 1',
      'rebalance: A reads orders 1; lost 0, 2, got 1',
      'rebalance: A reads no partition; lost 1',
      'rebalance: A reads no partition; nothing changed',
    ]);
  });

  it('says so when it handles a record that it has handled before', () => {
    expect(shown(fate('done', 7), fate('done', 7))).toEqual([
      'orders-1@7    k       order 7',
      'orders-1@7    k       order 7  again',
    ]);
  });

  it('says at its end where the group goes on', () => {
    expect(shown(committed(3), committed(4), left('left'))).toEqual([
      'A has left shipping; it committed orders-1@4',
    ]);
  });

  it.each([
    ['after its work', fate('done', 4), 'nothing'],
    ['after its commit', committed(5), 'orders-1@5'],
  ])('names the record that it was in the middle of: %s', (_, step, done) => {
    expect(shown(fate('delivered', 4), step, left('killed')).at(-1)).toBe(
      `A is gone in the middle of orders-1@4, and its group notices by its silence alone; it committed ${done}`,
    );
  });

  it('was in the middle of nothing between two records', () => {
    expect(shown(fate('delivered', 4), fate('done', 4), committed(5), left('killed')).at(-1)).toMatch(
      /^A is gone, /,
    );
  });

  it('can not be made to move the cursor by a record', () => {
    expect(shown(fate('done', 1, '\u001b[2Jgone'))).toEqual(['orders-1@1    k       \\u{1b}[2Jgone']);
  });
});

it('a producer says what it was told, and what it wasn’t', () => {
  const place = { topic: 'orders', partition: 0, offset: 12 };
  const lines = producerLines();
  expect(lines({ type: 'appended', at: 0, ...place, key: null, text: 'order 1' })).toEqual([
    'orders-0@12   –       order 1',
  ]);
  expect(lines({ type: 'not-acknowledged', at: 0, topic: 'orders', key: 'k', code: 'ECONNREFUSED' })).toEqual(
    ['not acknowledged: a record of k (ECONNREFUSED); it may lie on the log or not'],
  );
});

it.each([
  ['[Connection] Connection error: connect ECONNREFUSED 127.0.0.1:1', 'away'],
  ['[Runner] The coordinator is not aware of this member, re-joining the group', 'taken for dead'],
  ['[ConsumerGroup] Offset out of range, resetting to default offset', 'out of range'],
  ['[Connection] Response Heartbeat(key: 12, version: 3)', undefined],
])('of kafkajs’ complaints a person hears what matters: %s', (complaint, trouble) => {
  expect(troubleOf(complaint)).toBe(trouble);
});
