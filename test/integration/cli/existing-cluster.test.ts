import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { demo } from '../../../cli/demo/demo.ts';
import { EXISTING_CLUSTER } from '../../support/contexts.ts';
import { silentTerminal } from '../../support/silent-terminal.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));

it('an app on a cluster of one’s own, whose topics are in no template, runs the whole chain', {
  timeout: 180_000,
}, async () => {
  const app = mkdtempSync(join(tmpdir(), 'orderly-existing-cluster-'));
  onTestFinished(() => rmSync(app, { recursive: true, force: true }));
  const { context } = JSON.parse(readFileSync(join(root, 'cdk.json'), 'utf8'));
  await promisify(execFile)(process.execPath, ['bin/app.ts'], {
    cwd: root,
    env: {
      ...process.env,
      CDK_OUTDIR: app,
      CDK_CONTEXT_JSON: JSON.stringify({
        ...context,
        ...EXISTING_CLUSTER,
        'aws:cdk:enable-path-metadata': true,
      }),
    },
  });
  const report = await demo(
    root,
    { orders: 30, json: true, app },
    silentTerminal,
    new AbortController().signal,
  );
  expect(report.counts.filter(({ expected, counted }) => expected !== counted)).toEqual([]);
});
