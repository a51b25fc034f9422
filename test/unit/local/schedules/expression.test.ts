import { describe, expect, it } from 'vitest';
import { nextRun, readExpression } from '../../../../local/schedules/expression.ts';

const MINUTE = 60_000;
/** A Friday. */
const now = Date.parse('2026-11-20T10:07:30Z');

function next(text: string, after = now, since = now): string | undefined {
  const read = readExpression(text, 'scheduler');
  if ('refused' in read) throw new Error(read.refused);
  const at = nextRun(read.expression, { after, since });
  return at === undefined ? undefined : new Date(at).toISOString().replace(':00.000Z', '');
}

describe('a rate', () => {
  it.each([
    ['rate(1 minute)', 1],
    ['rate(5 minutes)', 5],
    ['rate(1 hour)', 60],
    ['rate(2 days)', 2880],
  ])('%s runs first when it is over for the first time', (text, minutes) => {
    expect(next(text)).toBe(new Date(now + minutes * MINUTE).toISOString().replace(':00.000Z', ''));
  });

  it('runs at whole steps from its beginning, never twice at one time, and makes nothing up', () => {
    const rate = { kind: 'rate', everyMs: 5 * MINUTE } as const;
    const after = (minutes: number) =>
      (nextRun(rate, { after: now + minutes * MINUTE, since: now }) ?? 0) - now;
    expect([0, 4.9, 5, 5.1, 1000.5].map((minutes) => after(minutes) / MINUTE)).toEqual([5, 5, 10, 10, 1005]);
  });

  it('of a rule has a singular unit for 1 alone', () => {
    expect(readExpression('rate(1 minutes)', 'events')).toHaveProperty('refused');
    expect(readExpression('rate(5 minute)', 'events')).toHaveProperty('refused');
    expect(readExpression('rate(1 minutes)', 'scheduler')).toHaveProperty('expression');
  });
});

describe('a cron expression', () => {
  it.each([
    // The examples of the EventBridge user guide.
    ['0 10 * * ? *', '2026-11-21T10:00'],
    ['15 12 * * ? *', '2026-11-20T12:15'],
    ['0 18 ? * MON-FRI *', '2026-11-20T18:00'],
    ['0 8 1 * ? *', '2026-12-01T08:00'],
    ['0/15 * * * ? *', '2026-11-20T10:15'],
    ['0/10 * ? * MON-FRI *', '2026-11-20T10:10'],
    ['0/5 8-17 ? * MON-FRI *', '2026-11-20T10:10'],
    ['0/30 20-2 ? * MON-FRI *', '2026-11-20T20:00'],
    ['0 9 ? * fri-mon *', '2026-11-21T09:00'],
    ['0 9 ? NOV-JAN 4 *', '2026-11-25T09:00'],
    // Days of the week count from Sunday, 1.
    ['0 9 ? * 1 *', '2026-11-22T09:00'],
    ['0 9 ? * 2-6 *', '2026-11-23T09:00'],
    ['0 9 ? * 7 *', '2026-11-21T09:00'],
    ['0 9 ? * L *', '2026-11-21T09:00'],
    ['15 10 ? * 6L 2022-2028', '2026-11-27T10:15'],
    ['0 9 ? * 3#2 *', '2026-12-08T09:00'],
    ['0 12 ? * FRI#5 *', '2027-01-29T12:00'],
    ['0 0 L * ? *', '2026-11-30T00:00'],
    ['0 0 LW * ? *', '2026-11-30T00:00'],
    ['0 0 15W * ? *', '2026-12-15T00:00'],
    ['0 0 3W 10 ? 2026-2027', '2027-10-04T00:00'],
    // Steps begin where they say, and end with the field.
    ['5/20 1/2 1/10 * ? *', '2026-11-21T01:05'],
    ['0 0 1 JAN/3 ? 2027', '2027-01-01T00:00'],
    ['0 0 1 2/3,12 ? 2026/2', '2026-12-01T00:00'],
    ['0 0 1 1 ? 2199', '2199-01-01T00:00'],
    ['0 0 29 2 ? *', '2028-02-29T00:00'],
  ])('cron(%s) runs next at %s', (fields, at) => {
    expect(next(`cron(${fields})`)).toBe(at);
  });

  it('runs after the time it is asked for, not at it', () => {
    expect(next('cron(0 10 * * ? *)', Date.parse('2026-11-20T10:00:00Z'))).toBe('2026-11-21T10:00');
    expect(next('cron(0 10 * * ? *)', Date.parse('2026-11-20T09:59:59.999Z'))).toBe('2026-11-20T10:00');
  });

  it.each(['0 0 1 1 ? 2020', '0 0 30 2 ? *'])('cron(%s) never runs again', (fields) => {
    expect(next(`cron(${fields})`)).toBeUndefined();
  });

  it.each([
    '* * * * *',
    '0 0 10 * * ? *',
    '0 10 * * * *',
    '0 10 ? * ? *',
    '0 10 1 * MON *',
    '60 10 * * ? *',
    '0 24 * * ? *',
    '0 10 32 * ? *',
    '0 10 * 13 ? *',
    '0 10 ? * 8 *',
    '0 10 ? * 0 *',
    '0 10 ? * 3#1,6#3 *',
    '0 10 ? * 2/2 *',
    '0 10 * * ? 1969',
    '0 10 * * ? 2200',
    '0 10 ? * +MON *',
    '0 10 ? * JAN *',
    '0 10 ? * 10 *',
    '0 20-2/2 * * ? *',
    '*/0 10 * * ? *',
    'x 10 * * ? *',
  ])('cron(%s) is refused', (fields) => {
    expect(readExpression(`cron(${fields})`, 'events')).toHaveProperty('refused');
  });
});

describe('a time', () => {
  it('runs once, at it, and no more when it is over', () => {
    expect(next('at(2026-11-20T10:08:00)')).toBe('2026-11-20T10:08');
    expect(next('at(2026-11-20T10:07:30)')).toBeUndefined();
  });

  it('is refused for a rule, and where there is no such time', () => {
    expect(readExpression('at(2026-11-20T10:08:00)', 'events')).toHaveProperty('refused');
    expect(readExpression('at(2026-11-20T25:08:00)', 'scheduler')).toHaveProperty('refused');
    expect(readExpression('at(tomorrow)', 'scheduler')).toHaveProperty('refused');
  });
});

it.each(['', 'rate()', 'rate(0 minutes)', 'rate(1.5 hours)', 'rate(5 weeks)', 'every 5 minutes', 'cron()'])(
  '%j is no schedule expression',
  (text) => expect(readExpression(text, 'scheduler')).toHaveProperty('refused'),
);
