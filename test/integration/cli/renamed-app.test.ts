import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { demo } from '../../../cli/demo/demo.ts';
import { testAssembly } from '../../support/assembly.ts';
import { renamedAssembly, renamedPath } from '../../support/renamed-assembly.ts';
import { silentTerminal } from '../../support/silent-terminal.ts';

it('the local cloud runs the app under other names, since it knows none of them', {
  timeout: 180_000,
}, async () => {
  const dir = mkdtempSync(join(tmpdir(), 'orderly-renamed-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const [original, app] = [testAssembly(), join(dir, 'renamed')];
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
