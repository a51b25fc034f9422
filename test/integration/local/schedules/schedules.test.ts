import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Duration, Stack } from 'aws-cdk-lib';
import { Rule, Schedule as RuleSchedule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { Code, Function as LambdaFn, Runtime } from 'aws-cdk-lib/aws-lambda';
import { Schedule, ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import { expect, it, onTestFinished, vi } from 'vitest';
import { run } from '../../../../cli/program.ts';
import { readAssembly } from '../../../../local/assembly/read.ts';
import { startLocalCloud } from '../../../../local/cloud.ts';
import { AS_DOCUMENTED } from '../../../../local/event-sources/kafka/emulation.ts';
import { stateDirOf, writeRunFile } from '../../../../local/run-file.ts';
import { testEngines } from '../../../support/engines.ts';
import { eventually } from '../event-sources/fake-function.ts';

/** Prints its event, and fails if it is told to. */
const code = `export const handler = async (event) => {
  console.log('EVENT ' + JSON.stringify(event));
  if (event.fail) throw new TypeError('as asked');
};`;

/** A project folder in which an app with a function `sweep` runs; events are what the function has printed. */
async function running(build: (stack: Stack, sweep: LambdaFn) => void) {
  const dir = mkdtempSync(join(tmpdir(), 'orderly-schedules-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  mkdirSync(join(dir, 'code'));
  writeFileSync(join(dir, 'code', 'index.mjs'), code);
  const { bootstrapServers, ministack } = testEngines();
  const cloud = await startLocalCloud({
    loadAssembly: () => {
      const app = new App({ outdir: join(dir, 'cdk.out'), analyticsReporting: false });
      const stack = new Stack(app, 'Night');
      const sweep = new LambdaFn(stack, 'Sweep', {
        functionName: 'sweep',
        runtime: Runtime.NODEJS_24_X,
        handler: 'index.handler',
        code: Code.fromAsset(join(dir, 'code')),
      });
      build(stack, sweep);
      app.synth();
      return readAssembly(join(dir, 'cdk.out'));
    },
    startEngine: async () => ({
      kind: 'external',
      adopted: false,
      bootstrapServers,
      awsEndpoint: ministack,
      account: '000000000000',
      region: 'us-east-1',
      exited: new Promise(() => undefined),
      stop: async () => undefined,
    }),
    config: { functions: {}, apis: {}, accept: [], maxEnvironments: 4, emulation: AS_DOCUMENTED },
    stateDir: stateDirOf(dir),
    port: 0,
    progress: () => undefined,
    log: () => undefined,
  });
  onTestFinished(() => cloud.stop());
  writeRunFile(stateDirOf(dir), { pid: process.pid, url: cloud.url });
  return {
    cloud,
    events: (): unknown[] =>
      readFileSync(join(stateDirOf(dir), 'logs', 'sweep.log'), 'utf8')
        .split('\n')
        .flatMap((line) => /EVENT (.*)$/.exec(line)?.[1] ?? [])
        .map((json) => JSON.parse(json)),
    async orderly(...argv: string[]) {
      const lines: string[] = [];
      const say = (text: string) => lines.push(text);
      const exitCode = await run(argv, dir, { out: say, progress: say, error: say });
      return { exitCode, output: lines.join('\n') };
    },
  };
}

/** Running with a schedule whose time is to come `leadMs` from now; later than that where a busy machine hasn't started by then. */
async function runningBefore(leadMs: number): Promise<Awaited<ReturnType<typeof running>> & { at: Date }> {
  let at = new Date(0);
  const one = await running((stack, sweep) => {
    at = new Date(Math.ceil(Date.now() / 1000) * 1000 + leadMs);
    new Schedule(stack, 'Soon', { schedule: ScheduleExpression.at(at), target: new LambdaInvoke(sweep, {}) });
  });
  const [schedule] = (await one.cloud.status()).schedules;
  if (schedule?.nextRun !== null || leadMs > 60_000) return { ...one, at };
  await one.cloud.stop();
  return runningBefore(leadMs * 4);
}

it('a schedule invokes its function at its time, and the status tells', async () => {
  const { cloud, events, at } = await runningBefore(4_000);
  const before = (await cloud.status()).schedules;
  expect(before).toMatchObject([{ path: 'Night/Soon', runs: 0, nextRun: at.toISOString() }]);
  await vi.waitFor(
    () =>
      expect(events()).toEqual([
        expect.objectContaining({
          'detail-type': 'Scheduled Event',
          source: 'aws.scheduler',
          time: at.toISOString().replace('.000Z', 'Z'),
        }),
      ]),
    { timeout: 60_000, interval: 100 },
  );
  expect((await cloud.status()).schedules).toMatchObject([
    { runs: 1, lastRun: at.toISOString(), nextRun: null },
  ]);
});

it('a rule runs by hand with its event, a disabled one too, and its failure is seen', async () => {
  const { events, orderly } = await running((stack, sweep) => {
    const nightly = { schedule: RuleSchedule.cron({ minute: '0', hour: '3' }), enabled: false };
    new Rule(stack, 'Nightly', { ...nightly, targets: [new LambdaFunction(sweep)] });
    new Rule(stack, 'Failing', {
      schedule: RuleSchedule.rate(Duration.hours(1)),
      targets: [new LambdaFunction(sweep, { event: RuleTargetInput.fromObject({ fail: true }) })],
    });
  });
  expect((await orderly('schedule', 'list')).output).toMatch(/Night\/Nightly .*disabled/);
  expect(await orderly('schedule', 'run', 'nightly')).toMatchObject({ exitCode: 0 });
  expect(await orderly('schedule', 'run', 'failing')).toMatchObject({
    exitCode: 1,
    output: expect.stringContaining('sweep TypeError'),
  });
  await eventually(() =>
    expect(events()).toEqual([
      expect.objectContaining({ source: 'aws.events', detail: {}, account: '000000000000' }),
      { fail: true },
    ]),
  );
  expect((await orderly('status')).output).toMatch(/Schedules[\s\S]*Night\/Failing/);
});
