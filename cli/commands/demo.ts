import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readAssembly } from '../../local/assembly/read.ts';
import { type LocalCloud, startLocalCloud } from '../../local/cloud.ts';
import { readLocalConfig } from '../../local/config.ts';
import { startEmbeddedEngine } from '../../local/engines/embedded.ts';
import type { KafkaSourcePorts } from '../../local/event-sources/kafka/source.ts';
import { runDemo } from '../demo/demo.ts';
import { environmentKiller } from '../demo/environment-killer.ts';
import { demoPlan } from '../demo/plan.ts';
import { type DemoReport, describeReport, reportOf } from '../demo/report.ts';
import { unlessInterrupted } from '../interruption.ts';
import { synthesize } from '../synthesize.ts';
import { bold, duration, type Terminal } from '../terminal.ts';

export interface DemoOptions {
  readonly orders: number;
  readonly json: boolean;
  /** How long nothing may move before the demo counts what there is. @default - 15 seconds */
  readonly stalledMs?: number;
  /** Cloud assembly folder. @default - the project's app is synthesized */
  readonly app?: string | undefined;
  /** How a batch from Kafka is delivered; tests break it here. @default - at least once */
  readonly deliver?: KafkaSourcePorts['deliver'];
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
  const dir = await mkdtemp(join(tmpdir(), 'orderly-demo-'));
  const begin = performance.now();
  const progress = (step: string) =>
    terminal.progress(`${duration(performance.now() - begin).padStart(7)}  ${step}`);

  const shipping: { functionName?: string } = {};
  const killer = environmentKiller((functionName) => functionName === shipping.functionName);
  const loadAssembly = async (unwanted: AbortSignal) => {
    if (options.app !== undefined) return readAssembly(options.app);
    progress('synthesizing the CDK app');
    await synthesize(projectDir, join(dir, 'cdk.out'), unwanted);
    return readAssembly(join(dir, 'cdk.out'));
  };

  let starting: Promise<LocalCloud> | undefined;
  try {
    terminal.progress(`orderly demo: ${plan.orders} orders of ${plan.customers} customers`);
    starting = startLocalCloud({
      loadAssembly,
      startEngine: () =>
        startEmbeddedEngine({ dataDir: join(dir, 'engine'), progress, log: () => undefined }),
      config: await readLocalConfig(join(projectDir, 'orderly.json')),
      stateDir: dir,
      port: 0,
      progress,
      log: terminal.progress,
      onInvocation: killer.onInvocation,
      ...(options.deliver && { deliver: options.deliver }),
    });
    const cloud = await unlessInterrupted(starting, interrupted);
    const started = performance.now() - begin;
    shipping.functionName = cloud.model.mappings.find(
      (mapping) => mapping.kind === 'kafka' && mapping.groupId === 'shipping-service',
    )?.functionName;
    const result = await unlessInterrupted(runDemo(cloud, plan, killer, progress), interrupted);
    const report = reportOf(plan, { ...result, phases: [['starting', started], ...result.phases] });
    terminal.out(
      options.json
        ? JSON.stringify(report)
        : `\n${bold(`${plan.orders} orders of ${plan.customers} customers`)}\n\n${describeReport(report)}`,
    );
    return report;
  } finally {
    // One that fails to start puts itself away, and its failure is on its way out already.
    await (await starting?.catch(() => undefined))?.stop();
    await rm(dir, { recursive: true, force: true });
  }
}
