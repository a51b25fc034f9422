import { expect, test } from 'vitest';
import { theOne } from '../../../../local/cli/the-one.ts';

const choose = (word: string) =>
  theOne(['email', 'email-audit', 'Shipping'], word, (item) => [item, `id of ${item}`]);

test.each([
  ['email', { kind: 'one', item: 'email' }],
  ['EMAIL-AUDIT', { kind: 'one', item: 'email-audit' }],
  ['audit', { kind: 'one', item: 'email-audit' }],
  ['id of sh', { kind: 'one', item: 'Shipping' }],
  ['mail', { kind: 'several', items: ['email', 'email-audit'] }],
  ['nobody', { kind: 'none' }],
])('%s means %o', (word, choice) => {
  expect(choose(word)).toEqual(choice);
});
