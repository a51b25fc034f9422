import { bold, type Terminal } from '../../local/cli/terminal.ts';
import { runDemo } from '../demo/demo.ts';
import { environmentKiller } from '../demo/environment-killer.ts';
import { demoPlan } from '../demo/plan.ts';
import { type DemoReport, describeReport, reportOf } from '../demo/report.ts';
import { functionOf, onStage, type Staging } from '../demo/stage.ts';

export interface DemoOptions {
  readonly orders: number;
  readonly json: boolean;
  /** How long nothing may move before the demo counts what there is. @default - 15 seconds */
  readonly stalledMs?: number;
  /** As `Staging` has it. */
  readonly engine?: Staging['engine'];
  /** Cloud assembly folder. @default - the project's app is synthesized */
  readonly app?: string | undefined;
}

/**
 * `orderly demo`: runs the whole system on free ports in a throw-away folder, drives it, kills a part of it, and counts
 * every effect from outside.
 *
 * The report's `exact` is what the exit code says. Nothing is left behind, whatever happens.
 */
export async function demo(
  projectDir: string,
  options: DemoOptions,
  terminal: Terminal,
  interrupted: AbortSignal,
): Promise<DemoReport> {
  const plan = demoPlan(options.orders, options.stalledMs);
  const title = `${plan.orders} orders of ${plan.customers} customers`;
  terminal.progress(`orderly demo: ${title}`);
  let shipping: string | undefined;
  const killer = environmentKiller((functionName) => functionName === shipping);
  const staging = {
    projectDir,
    app: options.app,
    engine: options.engine,
    onInvocation: killer.onInvocation,
  };
  return onStage(staging, terminal, interrupted, async ({ cloud, startedMs, progress }) => {
    shipping = functionOf(cloud, 'shipping-service');
    const result = await runDemo(cloud, plan, killer, progress);
    const report = reportOf(plan, { ...result, phases: [['starting', startedMs], ...result.phases] });
    terminal.out(options.json ? JSON.stringify(report) : `\n${bold(title)}\n\n${describeReport(report)}`);
    return report;
  });
}
