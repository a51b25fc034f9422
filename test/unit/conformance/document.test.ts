import { expect, test } from 'vitest';
import { chapters } from '../../conformance/chapters.ts';
import { emulationDocument } from '../../conformance/document.ts';

test('docs/emulation.md says what the suite tests; npm run docs:emulation writes it', async () => {
  await expect(emulationDocument(chapters)).toMatchFileSnapshot('../../../docs/emulation.md');
});

test('no id stands for two rules', () => {
  const ids = chapters.flatMap(({ rules }) => rules.map(({ id }) => id));
  expect(new Set(ids).size).toBe(ids.length);
});
