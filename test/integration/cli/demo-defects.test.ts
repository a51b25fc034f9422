import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { demo } from '../../../cli/demo/demo.ts';
import type { DemoReport } from '../../../cli/demo/verdict.ts';
import { testAssembly } from '../../support/assembly.ts';
import { defectiveAssembly } from '../../support/defective-assembly.ts';
import { silentTerminal } from '../../support/silent-terminal.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));

describe('the demo sees', { timeout: 180_000 }, () => {
  let dir: string;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'orderly-defects-'));
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  async function runWith(construct: string, handler: string): Promise<DemoReport> {
    const app = join(dir, handler);
    await defectiveAssembly(testAssembly(), app, construct, handler);
    const options = { orders: 60, stalledMs: 5_000, json: true, app };
    return demo(root, options, silentTerminal, new AbortController().signal);
  }

  const wrong = ({ counts }: DemoReport): readonly string[] =>
    counts.filter(({ expected, counted }) => expected !== counted).map(({ what }) => what.trim());

  it('shipments that are written without their condition', async () => {
    const report = await runWith('orderly-orders/Shipping/Function', 'shipping-without-condition.ts');
    expect(report.exact).toBe(false);
    expect(wrong(report)).toContain('contradictions: order against shipment');
  });

  it('mails that are sent without asking the ledger', async () => {
    const report = await runWith('orderly-orders/Email/Function', 'email-without-condition.ts');
    expect(report.exact).toBe(false);
    expect(wrong(report)).toContain('duplicates: effects more than once');
  });

  it('a relay that deletes before it publishes', async () => {
    const report = await runWith('orderly-orders/Relay/Function', 'relay-deleting-first.ts');
    expect(report.exact).toBe(false);
    expect(wrong(report)).toContain('events on the topic');
  });

  it('no fault in the relay as it is, under the same trouble of the broker', async () => {
    const report = await runWith('orderly-orders/Relay/Function', 'relay-with-troubled-broker.ts');
    expect(wrong(report)).toEqual([]);
  });

  it('a consumer whose records are committed before it has begun with them', async () => {
    const report = await runWith('orderly-orders/Shipping/Function', 'shipping-answering-first.ts');
    expect(report.exact).toBe(false);
    // What the killed process had answered for is lost, if it had; what is late contradicts its order when all seems done.
    const seen = expect.stringMatching(/^(lost|contradictions):/);
    expect(wrong(report)).toEqual(expect.arrayContaining([seen]));
  });
});
