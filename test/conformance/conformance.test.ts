import { describe, test } from 'vitest';
import { chapters } from './chapters.ts';

for (const { title, rules } of chapters) {
  describe(title, () => {
    for (const rule of rules) test(`${rule.id} ${rule.says}`, rule.test);
  });
}
