import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { run } from '../../../../../cli/program.ts';
import { startGateway } from '../../../../../local/gateway/gateway.ts';
import { openPort } from '../../../../../local/gateway/loopback.ts';
import { stateDirOf, writeRunFile } from '../../../../../local/run-file.ts';
import {
  type ScheduleStatus,
  scheduleRunHandler,
  type TargetResult,
} from '../../../../../local/schedules/schedules.ts';

const schedule = (path: string, changes: Partial<ScheduleStatus> = {}): ScheduleStatus => ({
  logicalId: path.replace('/', ''),
  path,
  expression: 'rate(5 minutes)',
  enabled: true,
  functionNames: ['relay'],
  runs: 2,
  lastRun: '2026-11-20T10:00:30.000Z',
  nextRun: '2026-11-20T10:05:30.000Z',
  ...changes,
});

/** A local cloud that has only schedules, in a project folder of its own; a command's output and exit code. */
async function cloud(schedules: readonly ScheduleStatus[], result: Partial<TargetResult> = {}) {
  const ran: string[] = [];
  const gateway = startGateway({
    apis: [],
    at: await openPort(0),
    invoke: () => Promise.reject(new Error('no API')),
    account: '000000000000',
    prefixes: [
      {
        prefix: '/_millrace/status',
        handle: (_, response) => void response.end(JSON.stringify({ schedules })),
      },
      scheduleRunHandler({
        runNow: async (name, at) => {
          ran.push(at === undefined ? name : `${name} at ${new Date(at).toISOString()}`);
          return [{ functionName: 'relay', outcome: 'success', errorType: null, payload: 'null', ...result }];
        },
      }),
    ],
    clock: Date.now,
    newRequestId: () => 'id',
    onError: () => undefined,
  });
  const dir = mkdtempSync(join(tmpdir(), 'orderly-cli-'));
  onTestFinished(async () => {
    rmSync(dir, { recursive: true, force: true });
    await gateway.stop();
  });
  writeRunFile(stateDirOf(dir), { pid: process.pid, url: gateway.url });
  return {
    ran,
    async orderly(...argv: string[]) {
      const lines: string[] = [];
      const say = (text: string) => lines.push(text);
      const code = await run(argv, dir, { out: say, progress: say, error: say });
      return { code, output: lines.join('\n') };
    },
  };
}

it('lists what runs by the clock, with its last and next run', async () => {
  const never = { enabled: false, runs: 0, lastRun: null, nextRun: null };
  const { orderly } = await cloud([schedule('Orders/Sweep'), schedule('Orders/Manifest', never)]);
  const { code, output } = await orderly('schedule', 'list');
  expect(code).toBe(0);
  expect(output).toMatch(/Orders\/Sweep +rate\(5 minutes\) +2 +2026-11-20 10:00 +2026-11-20 10:05/);
  expect(output).toMatch(/Orders\/Manifest +rate\(5 minutes\) +0 +– +disabled/);
});

it('says so when there is none', async () => {
  const { orderly } = await cloud([]);
  expect((await orderly('schedule', 'list')).output).toBe('The app has no schedule.');
});

it('runs the one that the name is a part of, and tells how it ended', async () => {
  const { orderly, ran } = await cloud([schedule('Orders/Sweep'), schedule('Orders/Manifest')]);
  expect(await orderly('schedule', 'run', 'sweep')).toEqual({
    code: 0,
    output: expect.stringMatching(/^Orders\/Sweep: relay succeeded \(\d+ ms\)$/),
  });
  expect(ran).toEqual(['Orders/Sweep']);
});

it('tells what the function answered, if that is anything', async () => {
  const { orderly } = await cloud([schedule('Orders/Manifest')], { payload: '{"written":["a.csv"]}' });
  expect((await orderly('schedule', 'run', 'manifest')).output).toMatch(
    /succeeded \(\d+ ms\)\n {2}It answered {"written":\["a.csv"\]}$/,
  );
});

it('prefers the one that has exactly that name', async () => {
  const { orderly, ran } = await cloud([schedule('Orders/Sweep'), schedule('Orders/SweepMore')]);
  await orderly('schedule', 'run', 'Orders/Sweep', '--json');
  expect(ran).toEqual(['Orders/Sweep']);
});

it('runs it as at another time', async () => {
  const { orderly, ran } = await cloud([schedule('Orders/Manifests')]);
  expect((await orderly('schedule', 'run', 'manifest', '--at', '2026-03-02T00:15:00Z')).code).toBe(0);
  expect(ran).toEqual(['Orders/Manifests at 2026-03-02T00:15:00.000Z']);
});

it.each(['soon', '2026-03-02', '2026-03-02T00:15:00', '2026-13-02T00:15:00Z'])(
  'does not take %s for a time',
  async (text) => {
    const { orderly, ran } = await cloud([schedule('Orders/Manifests')]);
    expect((await orderly('schedule', 'run', 'manifest', '--at', text)).code).toBe(2);
    expect(ran).toEqual([]);
  },
);

it('ends with 1 when a function failed', async () => {
  const failure = { outcome: 'function-error', errorType: 'Sandbox.Timedout' } as const;
  const { orderly } = await cloud([schedule('Orders/Sweep')], failure);
  expect(await orderly('schedule', 'run', 'sweep')).toEqual({
    code: 1,
    output: expect.stringContaining('relay Sandbox.Timedout'),
  });
});

it.each([
  ['orders', 'SCHEDULE_AMBIGUOUS'],
  ['mail', 'SCHEDULE_NOT_FOUND'],
])('names the schedules there are where %s is %s', async (name, problem) => {
  const { orderly, ran } = await cloud([schedule('Orders/Sweep'), schedule('Orders/Manifest')]);
  const { code, output } = await orderly('schedule', 'run', name);
  expect(code).toBe(1);
  expect(output).toContain(problem);
  expect(output).toContain('Orders/Sweep, Orders/Manifest');
  expect(ran).toEqual([]);
});
