import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { drawLanes } from '../../../../lab/picture/lanes.ts';
import type { LogEvent } from '../../../../local/events/event.ts';
import { EMPTY, reduce } from '../../../../local/events/frame.ts';
import { crash } from './crash.ts';

const WIDE = { columns: 100, rows: 40, colours: 1 };
const draw = (events: readonly LogEvent[], screen = WIDE) => drawLanes(events.reduce(reduce, EMPTY), screen);
const until = (after: number) => crash().filter(({ at }) => at <= 1_700_000_000_000 + after);

describe('lanes in a terminal', () => {
  it('show which record was handled twice, how far the group is, and who it is', () => {
    expect(draw(crash())).toMatchInlineSnapshot(`
      "orders  10 records
        0    1  2  3  4  5  6  7  8  9 10   10 records
             ✓  ✓  ✓  ✓  2  ✓  ✓  ✓  ✓  ✓│  shipping B  lag 0

      shipping   B 0   10 handled   1 again

      ✓ handled   2 times handled   │ committed"
    `);
  });

  it('show who was killed, and that its partition is still its own', () => {
    expect(draw(until(2_000))).toMatchInlineSnapshot(`
      "orders  10 records
        0    1  2  3  4  5  6  7  8  9 10   10 records
             ✓  ✓  ✓  ✓│ ✓                  shipping A†  lag 6

      shipping   A killed 0   5 handled

      ✓ handled   │ committed"
    `);
  });

  it('show what was committed and never handled', () => {
    const committed: LogEvent = {
      type: 'committed',
      at: 9e12,
      group: 'shipping',
      topic: 'orders',
      partition: 0,
      offset: 7,
    };
    expect(draw([...until(2_000), committed])).toContain('○ committed and not handled');
  });

  it.each([
    [100, 40],
    [60, 24],
    [30, 8],
    [12, 3],
  ])('stay within %i columns and %i rows', (columns, rows) => {
    const lines = draw([...crash(500), { type: 'broker', at: 0, broker: 1, state: 'up' }], {
      columns,
      rows,
      colours: 1,
    }).split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns);
    expect(lines.length).toBeLessThanOrEqual(rows);
  });

  it('say the same in all colours, in some and in none', () => {
    const plain = draw(crash());
    expect(stripVTControlCharacters(plain)).toBe(plain);
    for (const colours of [4, 24]) {
      const coloured = draw(crash(), { ...WIDE, colours });
      expect(coloured).not.toBe(plain);
      expect(stripVTControlCharacters(coloured)).toBe(plain);
    }
  });

  it('point to a group that is far behind what is shown', () => {
    const late: LogEvent = {
      type: 'committed',
      at: 9e12,
      group: 'late',
      topic: 'orders',
      partition: 0,
      offset: 3,
    };
    expect(draw([...crash(500), late])).toMatch(/^ +‹ .*late {2}lag 497$/m);
  });
});
