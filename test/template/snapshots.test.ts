import { expect, it } from 'vitest';
import { synthesized } from '../support/template.ts';

/** Hashes of assets change with every line of code; what they are assets of stands beside them. */
const masked = (template: object) =>
  `${JSON.stringify(template, null, 2).replaceAll(/[0-9a-f]{64}/g, 'HASH')}\n`;

it.each([
  ['orderly-streaming', 'streaming'],
  ['orderly-orders', 'orders'],
] as const)(
  '%s is as it was, or the change is meant: npx vitest run --project template -u',
  async (stack, name) => {
    const template = masked(synthesized()[name].toJSON());
    await expect(template).toMatchFileSnapshot(`snapshots/${stack}.json`);
  },
);
