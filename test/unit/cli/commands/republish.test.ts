import { expect, it } from 'vitest';
import { describeRepublished } from '../../../../cli/commands/republish.ts';

const nothing = {
  orders: 0,
  events: 0,
  bytes: 0,
  written: 0,
  waiting: 0,
  forgotten: 0,
  unreadable: [],
};

it('names orders that are not there, and offers nothing where no event was found', () => {
  const text = describeRepublished(nothing, ['ord_a', 'ord_b'], false);
  expect(text).toMatch(/orders that are not there +2/);
  expect(text).toContain('  not there: ord_a\n  not there: ord_b\n');
  expect(text).not.toContain('--execute');
});

it('names the option that writes what was found', () => {
  expect(describeRepublished({ ...nothing, orders: 1, events: 2 }, [], false)).toContain('--execute');
});
