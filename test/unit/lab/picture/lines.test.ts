import { expect, it } from 'vitest';
import { sayLines } from '../../../../lab/picture/lines.ts';
import type { LogEvent } from '../../../../local/events/event.ts';
import { crash } from './crash.ts';

function said(events: readonly LogEvent[]): string[] {
  const lines: string[] = [];
  const nothing = () => undefined;
  const picture = sayLines({ out: (line) => lines.push(line), progress: nothing, error: nothing });
  for (const event of events) picture.hear(event);
  picture.end();
  return lines;
}

it('a run in a pipe is its steps, what changes who reads what, and counts', () => {
  expect(said(crash()).join('\n')).toMatchInlineSnapshot(`
    "    0.0 s  orders has 1 partition
        0.0 s  10 records are written
               orders: 10 written
        1.0 s  shipping: A reads orders 0
               shipping: 5 handled
        1.2 s  shipping: A is killed
        1.2 s  B takes its place
        4.2 s  shipping: B reads orders 0
               shipping: 6 handled"
  `);
});

it('ten thousand records are as many lines as ten', () => {
  expect(said(crash(10_000)).length).toBeLessThan(said(crash()).length + 12);
});

it('a member that is given again what it had is no news', () => {
  const assigned: LogEvent = {
    type: 'assigned',
    at: 1,
    group: 'g',
    member: 'A',
    topic: 't',
    partitions: [0],
  };
  expect(said([assigned, assigned])).toHaveLength(1);
  expect(
    said([assigned, { type: 'left', at: 2, group: 'g', member: 'A', how: 'killed' }, assigned]),
  ).toHaveLength(3);
});

it("a name from outside can't move the cursor", () => {
  expect(said([{ type: 'step', at: 1, text: 'a\u001b[2Jb' }])[0]).toContain('a\\u{1b}[2Jb');
});
