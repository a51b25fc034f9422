import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, inject, it, onTestFinished } from 'vitest';
import { cfnLint } from '../support/cfn-lint.ts';

const assemblies = inject('assemblies');

it('CloudFormation’s own linter finds nothing in any template, and would find a property that is none', {
  timeout: 240_000,
}, async () => {
  const templates = Object.values(assemblies).flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.template.json'))
      .map((name) => join(folder, name)),
  );
  expect(templates.length).toBeGreaterThanOrEqual(2 * Object.keys(assemblies).length);

  const broken = JSON.parse(
    readFileSync(join(assemblies.sandbox, 'orderly-streaming.template.json'), 'utf8'),
  );
  broken.Resources.OrdersTopic.Properties.Partitions = 3;
  const dir = mkdtempSync(join(tmpdir(), 'orderly-lint-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const path = join(dir, 'broken.template.json');
  writeFileSync(path, JSON.stringify(broken, null, 2));

  expect(await cfnLint([...templates, path])).toEqual([expect.stringMatching(/broken.*E3002.*Partitions/)]);
});
