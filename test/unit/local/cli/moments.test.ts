import { describe, expect, it } from 'vitest';
import { asDuration, durationMs, momentOf } from '../../../../local/cli/moments.ts';

describe('times on the command line', () => {
  const now = new Date('2026-03-01T12:00:00.000Z');
  it.each([
    ['2h', '2026-03-01T10:00:00.000Z'],
    ['7d', '2026-02-22T12:00:00.000Z'],
    ['2026-02-28', '2026-02-28T00:00:00.000Z'],
    ['2026-02-28T10:00:00+02:00', '2026-02-28T08:00:00.000Z'],
    ['2026-02-28T10:00:00', undefined],
    ['2026-02-30T99:00:00Z', undefined],
    ['yesterday', undefined],
    ['1', undefined],
    ['9999999999999d', undefined],
  ])('%s is %s', (text, moment) => {
    expect(momentOf(text, now)).toBe(moment);
  });

  it.each(['90s', '15m', '36h', '80d'])('%s is a duration', (text) => {
    expect(asDuration(durationMs(text) ?? 0)).toBe(text);
  });
});
