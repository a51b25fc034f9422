import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  moves,
  type Position,
  planRewind,
  type RewindTarget,
  rewindTarget,
} from '../../../../../local/cli/rewind/plan.ts';

const position = (changes: Partial<Position> = {}): Position => ({
  partition: 0,
  low: 10n,
  high: 100n,
  committed: 60n,
  atTime: undefined,
  ...changes,
});
const beginning: RewindTarget = { kind: 'beginning' };
const time: RewindTarget = { kind: 'time', at: 0 };
const offsets = (entries: Record<string, bigint>): RewindTarget => ({
  kind: 'offsets',
  offsets: new Map(Object.entries(entries)),
});
const stepsOf = (positions: readonly Position[], target: RewindTarget) => {
  const plan = planRewind('orders', positions, target);
  return plan.kind === 'steps' ? plan.steps : plan.why;
};

describe('a rewind', () => {
  it('to the beginning goes to the oldest record', () => {
    expect(stepsOf([position()], beginning)).toEqual([
      { partition: 0, committed: 60n, to: 10n, again: 50n, passedOver: 0n },
    ]);
  });

  it('to a time goes to its first record, and never forward', () => {
    const positions = [
      position({ atTime: 40n }),
      position({ partition: 1, atTime: 80n }),
      position({ partition: 2, atTime: undefined }),
    ];
    expect(stepsOf(positions, time)).toEqual([
      { partition: 0, committed: 60n, to: 40n, again: 20n, passedOver: 0n },
      { partition: 1, committed: 60n, to: 60n, again: 0n, passedOver: 0n },
      { partition: 2, committed: 60n, to: 60n, again: 0n, passedOver: 0n },
    ]);
  });

  it('to offsets leaves the other partitions where they are', () => {
    const steps = stepsOf([position(), position({ partition: 1 })], offsets({ 'orders-1': 59n }));
    expect(steps).toEqual([
      { partition: 0, committed: 60n, to: 60n, again: 0n, passedOver: 0n },
      { partition: 1, committed: 60n, to: 59n, again: 1n, passedOver: 0n },
    ]);
  });

  it.each([
    ['behind the end', { 'orders-0': 101n }, /ends at 100/],
    ['to records that are gone', { 'orders-0': 9n }, /begins at 10/],
    ['on a partition that is not there', { 'orders-3': 12n }, /no partition orders-3/],
    ['on another topic', { 'other-0': 12n }, /no partition other-0/],
  ])('is refused %s', (_, wanted, why) => {
    const positions = [position(), position({ partition: 1, committed: undefined })];
    expect(stepsOf(positions, offsets(wanted))).toMatch(why);
  });

  it('to an offset ahead passes over what lies between, and counts it', () => {
    const positions = [position(), position({ partition: 1, committed: undefined })];
    expect(stepsOf(positions, offsets({ 'orders-0': 61n, 'orders-1': 12n }))).toEqual([
      { partition: 0, committed: 60n, to: 61n, again: 0n, passedOver: 1n },
      { partition: 1, committed: undefined, to: 12n, again: 0n, passedOver: 2n },
    ]);
  });

  it('to the latest passes over all that is left', () => {
    expect(stepsOf([position()], { kind: 'latest' })).toEqual([
      { partition: 0, committed: 60n, to: 100n, again: 0n, passedOver: 40n },
    ]);
  });

  it('leaves a partition without an offset to its mapping', () => {
    expect(stepsOf([position({ committed: undefined })], beginning)).toEqual([]);
  });

  it('counts the records there are, where a new topic ends before the offset of the old one', () => {
    const [step] = stepsOf([position({ low: 0n, high: 5n })], beginning);
    expect(step).toEqual({ partition: 0, committed: 60n, to: 0n, again: 5n, passedOver: 0n });
  });

  it('is nothing where the group is at its target already', () => {
    const plan = planRewind('orders', [position({ committed: 10n })], beginning);
    expect(plan.kind === 'steps' && moves(plan.steps)).toBe(false);
  });

  it('never goes forward, nor before the oldest record', () => {
    const offset = fc.bigInt({ min: 0n, max: 50n });
    fc.assert(
      fc.property(
        offset,
        offset,
        offset,
        fc.option(offset, { nil: undefined }),
        (low, more, committed, atTime) => {
          const positions = [position({ low, high: low + more, committed, atTime })];
          for (const target of [beginning, time]) {
            const steps = stepsOf(positions, target);
            if (typeof steps === 'string') throw new Error(steps);
            for (const { to, again, passedOver } of steps) {
              expect([to <= committed, passedOver]).toEqual([true, 0n]);
              if (to < committed) expect(to).toBeGreaterThanOrEqual(low);
              expect(again).toBeGreaterThanOrEqual(0n);
            }
          }
        },
      ),
    );
  });
});

describe('where a rewind goes', () => {
  const now = new Date('2026-03-01T12:00:00.000Z');

  it.each([
    ['beginning', { kind: 'beginning' }],
    ['latest', { kind: 'latest' }],
    ['2026-03-01T10:00:00Z', { kind: 'time', at: Date.parse('2026-03-01T10:00:00Z') }],
    ['2h', { kind: 'time', at: Date.parse('2026-03-01T10:00:00Z') }],
    ['orders-0=12', { kind: 'offsets', offsets: new Map([['orders-0', 12n]]) }],
    [
      'my-topic-0=0,my-topic-11=7',
      {
        kind: 'offsets',
        offsets: new Map([
          ['my-topic-0', 0n],
          ['my-topic-11', 7n],
        ]),
      },
    ],
  ])('%s is a target', (text, target) => {
    expect(rewindTarget(text, now)).toEqual(target);
  });

  it.each([
    '',
    'end',
    'yesterday',
    'orders=1',
    'orders-0=',
    'orders-0=-1',
    'orders-0=1,',
    'orders-0=1,orders-0=2',
  ])('“%s” is none', (text) => {
    expect(rewindTarget(text, now)).toBeUndefined();
  });
});
