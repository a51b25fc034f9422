import { describe, expect, it } from 'vitest';
import { drawTimeline } from '../../../../lab/picture/timeline.ts';
import { crash } from './crash.ts';

const marks = (svg: string, name: string) =>
  [...svg.matchAll(new RegExp(`<path class="${name} g\\d" d="([^"]+)"`, 'g'))]
    .slice(1)
    .flatMap(([, d = '']) => d.match(/M/g) ?? []).length;

describe('a time line', () => {
  it('has a dot for each record that was handled, and one of another kind for the one that was handled twice', () => {
    const svg = drawTimeline(crash(), 'What if it dies?');
    // The first of each is the legend's.
    expect([marks(svg, 'done'), marks(svg, 'again')]).toEqual([10, 1]);
  });

  it('says in words what there is to see', () => {
    const svg = drawTimeline(crash(), 'What if it dies?');
    expect(svg).toContain('<title id="title">What if it dies?</title>');
    expect(svg).toMatch(
      /<desc id="desc">10 records are written\. .*shipping has handled 10 there, 1 of them again/,
    );
    expect(svg).toMatch(/role="img" aria-labelledby="title desc"/);
  });

  it('is the same for the same events, also where they were told in another order', () => {
    const crossed = crash().toSorted((a, b) => (a.type < b.type ? -1 : a.type > b.type ? 1 : a.at - b.at));
    expect(drawTimeline(crash(), 'x')).toBe(drawTimeline(crash(), 'x'));
    expect(drawTimeline(crossed, 'x')).toBe(drawTimeline(crash(), 'x'));
  });

  it('stays small, however much there was', () => {
    expect(drawTimeline(crash(20_000), 'x').length).toBeLessThan(80_000);
  });

  it('is drawn of nothing, too', () => {
    expect(drawTimeline([], 'Nothing?')).toContain('Nothing?');
  });

  it('takes no markup from outside', () => {
    const svg = drawTimeline([{ type: 'step', at: 1, text: '<script>&\u0000' }], '<b>');
    for (const refused of ['<script', '<b>', '\u0000']) expect(svg).not.toContain(refused);
    expect(svg).toContain('&lt;script&gt;&amp;');
  });
});
