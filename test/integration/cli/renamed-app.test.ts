import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { demo } from '../../../cli/demo/demo.ts';
import { EXISTING_CLUSTER } from '../../support/contexts.ts';
import { renamedAssembly, renamedPath } from '../../support/renamed-assembly.ts';
import { silentTerminal } from '../../support/silent-terminal.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));

it('the local cloud runs the whole chain of an app on a cluster of one’s own, whose topics are in no template, under other names, since it knows none of them', {
  timeout: 180_000,
}, async () => {
  const dir = mkdtempSync(join(tmpdir(), 'orderly-renamed-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const [original, app] = [join(dir, 'original'), join(dir, 'renamed')];
  const { context } = JSON.parse(readFileSync(join(root, 'cdk.json'), 'utf8'));
  await promisify(execFile)(process.execPath, ['bin/app.ts'], {
    cwd: root,
    env: {
      ...process.env,
      CDK_OUTDIR: original,
      CDK_CONTEXT_JSON: JSON.stringify({
        ...context,
        ...EXISTING_CLUSTER,
        'aws:cdk:enable-path-metadata': true,
      }),
    },
  });
  await renamedAssembly(original, app, 'bestellungen');
  const relay = renamedPath(original, 'orderly-orders', 'orderly-orders/Relay/Function');
  const config = { functions: { [relay]: { environment: { KAFKA_AUTH: 'none' } } } };
  writeFileSync(join(dir, 'millrace.json'), JSON.stringify(config));

  const report = await demo(
    dir,
    { orders: 60, json: true, app },
    silentTerminal,
    new AbortController().signal,
  );
  expect(report.counts.filter(({ expected, counted }) => expected !== counted)).toEqual([]);
});
