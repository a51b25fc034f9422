import { describe, expect, it } from 'vitest';
import type { LogEvent, Untimed } from '../../../../local/events/event.ts';
import {
  doneBy,
  EMPTY,
  type Frame,
  lagOf,
  ownerOf,
  recordsOn,
  reduce,
  WINDOW,
} from '../../../../local/events/frame.ts';

/** What is told, in the order of arrival; `later` is by how many milliseconds each follows the one before it. */
function told(...events: readonly (Untimed | LogEvent)[]): Frame {
  let at = 1_000;
  return events.reduce<Frame>((frame, event) => {
    at += 10;
    return reduce(frame, { at, ...event });
  }, EMPTY);
}

const topic: Untimed = { type: 'topic', topic: 'orders', partitions: 3 };
const written = (offset: number, key: string | null = 'key-1', partition = 0, text?: string): Untimed => ({
  type: 'appended',
  topic: 'orders',
  partition,
  offset,
  key,
  text,
});
const fate = (
  offset: number,
  what: Extract<LogEvent, { type: 'fate' }>['fate'],
  { group = 'shipping', member = 'A', partition = 0 } = {},
): Untimed => ({ type: 'fate', group, member, topic: 'orders', partition, offset, fate: what });
const committed = (offset: number, group = 'shipping'): Untimed => ({
  type: 'committed',
  group,
  topic: 'orders',
  partition: 0,
  offset,
});
const assigned = (member: string, ...partitions: number[]): Untimed => ({
  type: 'assigned',
  group: 'shipping',
  member,
  topic: 'orders',
  partitions,
});
const left = (member: string, how: 'left' | 'killed'): Untimed => ({
  type: 'left',
  group: 'shipping',
  member,
  how,
});
const at = (time: number, event: Untimed): LogEvent => ({ ...event, at: time });

function lane(frame: Frame, partition = 0) {
  const found = frame.topics.get('orders')?.lanes.get(partition);
  if (found === undefined) throw new Error(`no lane ${partition}`);
  return found;
}
function reader(frame: Frame, group = 'shipping', partition = 0) {
  const found = lane(frame, partition).readers.get(group);
  if (found === undefined) throw new Error(`no reader ${group}`);
  return found;
}
const owners = (frame: Frame) => {
  const group = frame.groups.get('shipping') ?? { members: new Map() };
  return [0, 1, 2].map((partition) => ownerOf(group, 'orders', partition));
};
const states = (frame: Frame) => lane(frame).cells.map(({ state }) => state);

describe('a log', () => {
  it('has a lane for each partition, and a cell for each record with its key', () => {
    const frame = told(topic, written(0, 'key-7', 2), written(1, null, 2));
    expect([...(frame.topics.get('orders')?.lanes.keys() ?? [])]).toEqual([0, 1, 2]);
    expect(lane(frame, 2)).toMatchObject({ start: 0, end: 2, cells: [{ key: 'key-7' }, { key: null }] });
  });

  it('bears records of a topic that nobody has told of, in any order', () => {
    const frame = told(written(2), written(0), written(1));
    expect(lane(frame).cells.map(({ offset }) => offset)).toEqual([0, 1, 2]);
  });

  it('gets lanes where a topic gets partitions, and keeps what lies on the others', () => {
    const frame = told(topic, written(0), { ...topic, partitions: 4 });
    expect(frame.topics.get('orders')?.lanes.size).toBe(4);
    expect(lane(frame).end).toBe(1);
  });

  it('is told a record by its producer and by its readers: that is one', () => {
    const frame = told(fate(0, 'delivered'), written(0, 'key-1', 0, 'order 1'), written(0));
    expect(lane(frame).cells).toMatchObject([{ offset: 0, key: 'key-1', text: 'order 1' }]);
    expect(lane(frame).cells[0]?.fates.get('shipping')?.fate).toBe('delivered');
  });

  it(`keeps the newest ${WINDOW} cells, and counts them all`, () => {
    const many = Array.from({ length: 5 * WINDOW }, (_, offset) => [written(offset), fate(offset, 'done')]);
    const frame = told(...many.flat(), written(3));
    expect(lane(frame).cells.map(({ offset }) => offset)).toEqual(
      Array.from({ length: WINDOW }, (_, index) => 4 * WINDOW + index),
    );
    expect([recordsOn(lane(frame)), doneBy(reader(frame))]).toEqual([5 * WINDOW, 5 * WINDOW]);
  });

  it('forgets from its beginning, and a start that is told late changes nothing', () => {
    const start = (offset: number): Untimed => ({ type: 'log-start', topic: 'orders', partition: 0, offset });
    const frame = told(written(0), written(1), written(2), start(2), start(1));
    expect(states(frame)).toEqual(['forgotten', 'forgotten', 'there']);
    expect(recordsOn(lane(frame))).toBe(1);
  });

  it('says how many records a group has missed when they were forgotten before it came', () => {
    const start: Untimed = { type: 'log-start', topic: 'orders', partition: 0, offset: 8 };
    const frame = told(...Array.from({ length: 10 }, (_, offset) => written(offset)), committed(3), start);
    expect(reader(frame).missed).toBe(5);
    expect(lagOf(lane(frame), reader(frame))).toBe(2);
  });

  it('has holes after a compaction', () => {
    const records = Array.from({ length: 6 }, (_, offset) => written(offset));
    const end: Untimed = { type: 'log-end', topic: 'orders', partition: 0, offset: 6, kept: [3, 5] };
    const frame = told(...records, end, written(6));
    expect(states(frame)).toEqual([
      'forgotten',
      'forgotten',
      'forgotten',
      'there',
      'forgotten',
      'there',
      'there',
    ]);
    expect(recordsOn(lane(frame))).toBe(3);
  });

  it('loses what a new leader has not got; what is written there afterwards is another record', () => {
    const end: Untimed = { type: 'log-end', topic: 'orders', partition: 0, offset: 1 };
    const lost = told(written(0, 'a'), written(1, 'b'), fate(1, 'done'), written(2, 'c'), end);
    expect(states(lost)).toEqual(['there', 'lost', 'lost']);
    expect([lane(lost).end, doneBy(reader(lost))]).toEqual([1, 0]);

    const next = reduce(lost, at(2_000, written(1, 'd')));
    expect(lane(next).cells).toMatchObject([{ key: 'a' }, { key: 'd', state: 'there' }, { key: 'c' }]);
    expect(lane(next).cells[1]?.fates.size).toBe(0);
  });

  it('has lost a record, too, whose acknowledgement is told after the loss', () => {
    const end: Untimed = { type: 'log-end', topic: 'orders', partition: 0, offset: 1 };
    const frame = told(at(10, written(0)), at(30, end), at(20, written(1)));
    expect(states(frame)).toEqual(['there', 'lost']);
    expect(lane(frame).end).toBe(1);
  });

  it('counts what was not acknowledged, by the error', () => {
    const refused: Untimed = {
      type: 'not-acknowledged',
      topic: 'orders',
      key: 'a',
      code: 'NOT_ENOUGH_REPLICAS',
    };
    const frame = told(refused, refused);
    expect(frame.topics.get('orders')?.notAcknowledged).toEqual(new Map([['NOT_ENOUGH_REPLICAS', 2]]));
  });
});

describe('a group', () => {
  it('lags by what lies behind its commit', () => {
    const frame = told(topic, written(0), written(1), written(2), committed(1));
    expect(lagOf(lane(frame), reader(frame))).toBe(2);
  });

  it('has no lag that anybody knows, before it has committed', () => {
    const frame = told(topic, assigned('A', 0), written(0));
    expect(lagOf(lane(frame), reader(frame))).toBeUndefined();
  });

  it('may go back; a commit that is told late does not take it there', () => {
    const back = told(at(10, committed(5)), at(20, committed(2)));
    expect(reader(back).committed?.offset).toBe(2);
    const late = told(at(20, committed(5)), at(10, committed(2)));
    expect(reader(late).committed?.offset).toBe(5);
  });

  it('handles a record twice, which counts once as done and once as again', () => {
    const frame = told(
      fate(0, 'done'),
      fate(1, 'done'),
      fate(2, 'done'),
      fate(1, 'delivered'),
      fate(1, 'done'),
    );
    expect([doneBy(reader(frame)), reader(frame).again]).toEqual([3, 1]);
    expect(lane(frame).cells[1]?.fates.get('shipping')).toMatchObject({ fate: 'done', done: 2 });
  });

  it('knows a record again, however far it lies behind the window, and whatever order they came in', () => {
    const offsets = Array.from({ length: 3 * WINDOW }, (_, n) => (n * 7) % (3 * WINDOW));
    const frame = told(...offsets.map((offset) => fate(offset, 'done')), fate(4, 'done'));
    expect(reader(frame)).toMatchObject({ done: [[0, 3 * WINDOW]], again: 1 });
  });

  it('is told of a record that it is done before it is told that it was begun', () => {
    const frame = told(at(20, fate(0, 'done')), at(10, fate(0, 'delivered')));
    expect(lane(frame).cells[0]?.fates.get('shipping')?.fate).toBe('done');
  });

  it('does with a record what another group does not', () => {
    const frame = told(
      written(0),
      fate(0, 'dead-letter', { group: 'email' }),
      fate(0, 'retried'),
      fate(0, 'duplicate'),
    );
    expect(reader(frame, 'email')).toMatchObject({ deadLetters: 1, retried: 0 });
    expect(reader(frame)).toMatchObject({ deadLetters: 0, retried: 1, duplicates: 1 });
  });

  it('shares partitions out anew with each rebalance; the fourth of three idles', () => {
    const two = told(assigned('A', 0, 1, 2), assigned('B', 2), assigned('A', 0, 1));
    expect(owners(two)).toEqual(['A', 'A', 'B']);
    const four = [assigned('C', 1), assigned('D'), assigned('A', 0)].reduce(
      (frame, event, n) => reduce(frame, at(5_000 + n, event)),
      two,
    );
    expect(owners(four)).toEqual(['A', 'C', 'B']);
    expect(four.groups.get('shipping')?.members.get('D')).toMatchObject({ state: 'there' });
  });

  it('gives a partition to whom it was given last, whatever order that is told in', () => {
    const events = [at(10, assigned('A', 0, 1, 2)), at(20, assigned('B', 1, 2)), at(21, assigned('A', 0))];
    expect(owners(told(...events))).toEqual(['A', 'B', 'B']);
    expect(owners(told(...events.toReversed()))).toEqual(['A', 'B', 'B']);
  });

  it('takes who was killed for one of them until it gives away what was his', () => {
    const killed = told(assigned('A', 0, 1), assigned('B', 2), left('A', 'killed'));
    expect(owners(killed)).toEqual(['A', 'A', 'B']);
    expect(killed.groups.get('shipping')?.members.get('A')?.state).toBe('killed');

    const noticed = reduce(killed, at(9_000, assigned('B', 0, 1, 2)));
    expect([owners(noticed), noticed.groups.get('shipping')?.members.has('A')]).toEqual([
      ['B', 'B', 'B'],
      false,
    ]);
  });

  it('lets who says goodbye go with nothing', () => {
    expect(owners(told(assigned('A', 0, 1, 2), left('A', 'left')))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe('brokers', () => {
  it('lead, fall behind and go', () => {
    const leads = (leader: number | null, ...inSync: number[]): Untimed => ({
      type: 'leader',
      topic: 'orders',
      partition: 0,
      leader,
      inSync,
    });
    const frame = told(
      at(1, { type: 'broker', broker: 1, state: 'up' }),
      at(3, { type: 'broker', broker: 1, state: 'down' }),
      at(2, { type: 'broker', broker: 1, state: 'frozen' }),
      at(5, leads(2, 2, 3)),
      at(4, leads(1, 1, 2, 3)),
    );
    expect(frame.brokers.get(1)?.state).toBe('down');
    expect(lane(frame).leader).toMatchObject({ leader: 2, inSync: [2, 3] });
  });
});

describe('a frame', () => {
  it('says the newest step', () => {
    expect(told({ type: 'step', text: 'one' }, { type: 'step', text: 'two' }).step).toBe('two');
  });

  it('stays as it was when the next one is made', () => {
    const before = told(topic, written(0), assigned('A', 0), fate(0, 'delivered'));
    const copy = structuredClone(before);
    told(...[topic, written(0)]);
    for (const event of [written(1), fate(0, 'done'), committed(1), left('A', 'killed'), assigned('B', 0)]) {
      reduce(before, at(9_000, event));
    }
    expect(before).toEqual(copy);
  });

  it('counts 20,000 events exactly, though its cells are but the newest', () => {
    const events = Array.from({ length: 5_000 }, (_, n) => {
      const [offset, partition] = [Math.floor(n / 3), n % 3];
      return [
        written(offset, `key-${n % 10}`, partition),
        fate(offset, 'delivered', { partition }),
        fate(offset, 'done', { partition }),
        { ...committed(offset + 1), partition },
      ];
    }).flat();
    const frame = events.reduce<Frame>((each, event, n) => reduce(each, at(n, event)), EMPTY);
    expect(doneBy(reader(frame, 'shipping', 1))).toBe(1_667);
  });
});
