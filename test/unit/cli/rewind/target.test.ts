import { expect, it } from 'vitest';
import { rewindTarget } from '../../../../cli/rewind/target.ts';

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
