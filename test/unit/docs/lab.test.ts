import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { pagesOf, renderEntrance, renderPage, seenOn } from '../../../docs/lab/pages.ts';
import { DEFECTS } from '../../../lab/defects/all.ts';
import { EXPERIMENTS } from '../../../lab/experiments/all.ts';

const text = (page: string) => readFileSync(new URL(`../../../docs/${page}.md`, import.meta.url), 'utf8');
const WRITE = '`npm run docs:lab -- <name of the experiment>` writes it, or with none the texts alone';

it.each(pagesOf(EXPERIMENTS))('docs/lab/%s.md says what its experiments say', (page) => {
  const written = text(`lab/${page}`);
  const seen = seenOn(written);
  const names = EXPERIMENTS.filter((one) => one.page === page).map(({ name }) => name);
  expect([...seen.keys()], WRITE).toEqual(names);
  expect([...seen.values()].filter((output) => !output.includes('what was seen'))).toEqual([]);
  expect(written, WRITE).toBe(renderPage(page, EXPERIMENTS, DEFECTS, seen));
});

it('docs/lab.md names every experiment', () => {
  expect(text('lab'), WRITE).toBe(renderEntrance(text('lab'), EXPERIMENTS));
});
