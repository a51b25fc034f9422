import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));

it.each([
  ['a setting that is wrong', { stage: 'staging' }, '  stage must be sandbox or production\n'],
  ['a setting that there is not', { jwtIssuer: 'https://login.example.com/' }, '  jwtIssuer is no setting'],
])('ends with the message alone, and synthesizes nothing, for %s', (_, context, message) => {
  const outdir = mkdtempSync(join(tmpdir(), 'orderly-app-'));
  onTestFinished(() => rmSync(outdir, { recursive: true, force: true }));
  const { status, stderr } = spawnSync(process.execPath, ['bin/app.ts'], {
    cwd: root,
    env: {
      PATH: process.env.PATH,
      CDK_OUTDIR: outdir,
      // Nothing is bundled: what follows the settings is not of interest.
      CDK_CONTEXT_JSON: JSON.stringify({ 'aws:cdk:bundling-stacks': [], ...context }),
    },
    encoding: 'utf8',
  });
  expect(status).toBe(1);
  expect(stderr).toContain(message);
  expect(stderr).not.toContain('    at ');
  expect(readdirSync(outdir)).not.toContain('manifest.json');
});
