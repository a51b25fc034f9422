import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { InvariantId } from '../../checker/check.ts';
import { FUNCTIONS, type FunctionName } from '../../faults/fault-kinds.ts';
import { type Plan, planOf } from '../../faults/plan.ts';
import { runSeed } from '../../faults/run-seed.ts';
import { testAssembly } from '../../support/assembly.ts';
import { defectiveAssembly } from '../../support/defective-assembly.ts';

/** A run in which little is broken on purpose: what the checker finds is the defect's. */
const plan: Plan = {
  ...planOf(5, { orders: 40 }),
  retryAttempts: 45,
  pollers: 1,
  timeoutSeconds: 120,
  isDeadly: false,
  rates: new Map(),
  outage: 'email-service disabled',
  incidents: [
    { afterOrders: 10, incident: 'poison is written' },
    { afterOrders: 20, incident: 'the local cloud is killed' },
    { afterOrders: 35, incident: 'events are copied' },
    { afterOrders: 40, incident: 'events are copied' },
  ],
};

describe('the fault suite finds', { timeout: 300_000 }, () => {
  let dir: string;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'orderly-faults-defects-'));
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  /** Runs the app with other handlers in the place of some; answers the invariants that are broken. */
  async function brokenBy(defects: Readonly<Partial<Record<FunctionName, string>>>): Promise<InvariantId[]> {
    let assembly = testAssembly();
    for (const [name, handler] of Object.entries(defects) as [FunctionName, string][]) {
      const outdir = join(dir, `${handler}.out`);
      await defectiveAssembly(assembly, outdir, FUNCTIONS[name], handler);
      assembly = outdir;
    }
    const options = {
      assembly,
      folder: dir,
      stalledMs: 15_000,
      progress: () => undefined,
      interrupted: new AbortController().signal,
    };
    return [...new Set((await runSeed(plan, options)).violations.map(({ id }) => id))];
  }

  it('events that are lost, and records that are passed before they are handled', async () => {
    const broken = await brokenBy({
      relay: 'relay-deleting-first.ts',
      shipping: 'shipping-answering-first.ts',
    });
    expect(broken).toEqual(expect.arrayContaining(['I1', 'I2', 'I12']));
    // A cancellation without its placement comes out of order and has no mail; poison that was passed has no letter.
    expect(['I1', 'I2', 'I12', 'I6', 'I7', 'I9']).toEqual(expect.arrayContaining(broken));
  });

  it('events out of order, dead letters that are lost, and a log that tells of customers', async () => {
    const broken = await brokenBy({
      relay: 'relay-out-of-order.ts',
      shipping: 'shipping-losing-letters.ts',
      email: 'email-that-tells.ts',
    });
    expect(broken).toEqual(expect.arrayContaining(['I6', 'I9', 'I12', 'I15']));
    // Who hears of the cancellation first gets no mail.
    expect(['I6', 'I9', 'I12', 'I15', 'I7']).toEqual(expect.arrayContaining(broken));
  });

  it('shipments that come back, mails that are sent twice, and sales that are counted twice', async () => {
    const broken = await brokenBy({
      shipping: 'shipping-without-condition.ts',
      email: 'email-without-condition.ts',
      sales: 'sales-without-condition.ts',
    });
    expect(broken).toEqual(expect.arrayContaining(['I7', 'I11', 'I16']));
    // A cancellation that a copy of its placement has undone, in the end or when everything stood still.
    expect(broken.includes('I8') || broken.includes('I12')).toBe(true);
    expect(['I8', 'I7', 'I11', 'I12', 'I16']).toEqual(expect.arrayContaining(broken));
  });
});
