import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { bold, capturing, type Terminal } from '../../local/cli/terminal.ts';
import type { LocalConfig } from '../../local/config.ts';
import type { Selection } from '../dead-letters/letters-table.ts';
import { crashLoop } from '../demo/faults/crash-loop.ts';
import { mailProvider } from '../demo/faults/mail-provider.ts';
import { faultsPlan } from '../demo/faults/plan.ts';
import { poison } from '../demo/faults/poison.ts';
import { CRASHES_SHIPPING, runFaults } from '../demo/faults/run.ts';
import { faultsVerdict } from '../demo/faults/verdict.ts';
import type { Phases } from '../demo/phases.ts';
import { describeCounts } from '../demo/report.ts';
import { functionOf, onStage, type Staging } from '../demo/stage.ts';
import { type Count, isExact } from '../demo/verdict.ts';
import { replayLetters } from './replay-dead-letters.ts';

export interface FaultsReport {
  readonly exact: boolean;
  readonly orders: number;
  readonly counts: readonly Count[];
  readonly phases: Phases;
}

/** The functions as CDK's assembly names them. */
const EMAIL_FUNCTION = 'orderly-orders/Email/Function';
const SHIPPING_FUNCTION = 'orderly-orders/Shipping/Function';
/** AWS publishes no schedule of its retries; a crash loop of 46 of them is to be seen within half a minute. */
const LONGEST_BACK_OFF_MS = 50;

/**
 * `orderly demo --faults`: the second part. Poison, a crash loop, a mail provider that is slow and then down for longer
 * than one invocation, a consumer that is dark for a while, and a replay to one consumer group; then every effect is
 * counted from outside.
 */
export async function demoFaults(
  projectDir: string,
  options: { readonly orders: number; readonly json: boolean; readonly engine?: Staging['engine'] },
  terminal: Terminal,
  interrupted: AbortSignal,
): Promise<FaultsReport> {
  const plan = faultsPlan(options.orders, poison.length);
  const title = `${plan.slow + plan.down + plan.dark} orders and ${plan.poison} poisoned records`;
  terminal.progress(`orderly demo --faults: ${title}`);
  let shipping: string | undefined;
  let ses = '';
  const dir = await mkdtemp(join(tmpdir(), 'orderly-faults-'));
  const isShipping = (functionName: string) => functionName === shipping;
  const loop = crashLoop(isShipping, CRASHES_SHIPPING, join(dir, 'crashing'));
  const provider = await mailProvider(() => ses);
  try {
    return await onStage(
      {
        projectDir,
        engine: options.engine,
        onInvocation: loop.onInvocation,
        // Each of the crashes that it is about would be a line.
        log: () => undefined,
        onEngine: (engine) => {
          ses = engine.awsEndpoint;
        },
        configure: (config) => ({
          ...config,
          functions: {
            ...config.functions,
            [EMAIL_FUNCTION]: withVariables(config, EMAIL_FUNCTION, { AWS_ENDPOINT_URL_SESV2: provider.url }),
            [SHIPPING_FUNCTION]: withVariables(config, SHIPPING_FUNCTION, loop.environment),
          },
          emulation: { ...config.emulation, longestBackOffMs: LONGEST_BACK_OFF_MS },
        }),
      },
      terminal,
      interrupted,
      async ({ cloud, dir: projectDir, startedMs, progress }) => {
        shipping = functionOf(cloud, 'shipping-service');
        const replay = (selection: Selection) => replayed(projectDir, selection, interrupted);
        const staging = { provider, crashLoop: loop, replay };
        const { seen, phases } = await runFaults(cloud, plan, staging, progress);
        const counts = faultsVerdict(plan, seen);
        const report: FaultsReport = {
          exact: isExact(counts),
          orders: plan.slow + plan.down + plan.dark,
          counts,
          phases: [['starting', startedMs], ...phases],
        };
        terminal.out(options.json ? JSON.stringify(report) : `\n${bold(title)}\n\n${describeCounts(report)}`);
        return report;
      },
    );
  } finally {
    await provider.stop();
    await rm(dir, { recursive: true, force: true });
  }
}

const Run = z.object({ results: z.array(z.object({ outcome: z.string() })) });

/** Runs the command that an operator would; answers how many letters it says it has replayed. */
async function replayed(projectDir: string, selection: Selection, interrupted: AbortSignal): Promise<number> {
  const { terminal, written } = capturing();
  const options = { selection, execute: true, reason: 'shipping is mended', json: true };
  await replayLetters({ projectDir }, options, terminal, interrupted, 'orderly demo');
  const { results } = Run.parse(JSON.parse(written()));
  return results.filter(({ outcome }) => outcome === 'replayed').length;
}

function withVariables(
  { functions }: LocalConfig,
  path: string,
  variables: Readonly<Record<string, string>>,
): LocalConfig['functions'][string] {
  return { environment: { ...functions[path]?.environment, ...variables } };
}
