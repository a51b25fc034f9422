import { expect, it, onTestFinished } from 'vitest';
import { scan, testClient } from '../../support/dynamodb.ts';
import { type RunningApp, runningApp } from '../../support/running-app.ts';

interface Report {
  readonly app: string;
  readonly same: boolean;
  readonly findings: readonly { readonly rule: string; readonly seen: string; readonly verdict: string }[];
}

async function withProbe(emulation: object = {}): Promise<RunningApp> {
  const app = await runningApp({ context: { verify: 'true' }, config: { emulation } });
  onTestFinished(() => app.stop());
  return app;
}

const reportIn = (output: string): Report =>
  JSON.parse(output.split('\n').find((line) => line.startsWith('{"app"')) ?? '{}');

const others = ({ findings }: Report) =>
  findings.filter(({ verdict }) => verdict !== 'same').map(({ rule, seen }) => [rule, seen]);

it('the emulator keeps the rules that are verified, here and by the way of a deployed stack', {
  timeout: 180_000,
}, async () => {
  const app = await withProbe();
  for (const [name, { code, output }] of [
    ['the local cloud at', await app.here('verify', '--wait', '90', '--json')],
    ['the stack orders', await app.deployed({}, 'verify', '--stack', 'orders', '--wait', '90', '--json')],
  ] as const) {
    const report = reportIn(output);
    expect([code, report.same, others(report)], output).toEqual([0, true, []]);
    expect(report.app).toContain(name);
  }

  const client = testClient(app.cloud.status.engine.awsEndpoint);
  const rows = (table: string) => scan(client, app.cloud.status.outputs[`orderly-orders.${table}`] ?? '');
  const letters = (await rows('DeadLettersTable')).filter(({ consumer }) => consumer?.S !== 'audit');
  expect(new Set(letters.map(({ consumer, status }) => `${consumer?.S} ${status?.S}`))).toEqual(
    new Set(['dead-letters DISCARDED']),
  );
  expect(await rows('ShipmentsTable')).toEqual([]);
  expect(await rows('EmailLedgerTable')).toEqual([]);
});

it('another behaviour is told, and what makes the emulator have it', { timeout: 180_000 }, async () => {
  const app = await withProbe({
    partialResponse: 'checkpoint',
    deadLetters: 'per-group',
    redelivery: 'records-only',
  });
  const { code, output } = await app.here('verify', '--wait', '90', '--json');
  expect([code, others(reportIn(output))], output).toEqual([
    1,
    [
      ['R8', 'records 2, 3, 4'],
      ['R11', 'records'],
      ['R9', '1'],
      ['R9', 'another'],
      ['R9', 'recordsInfo'],
      ['R9', 'RetryAttemptsExhausted'],
    ],
  ]);
  const text = await app.here('verify', '--wait', '90');
  expect(text.output).toContain('"emulation": {"partialResponse": "checkpoint"} in orderly.json');
});

it('an app without the probe says how to have it', { timeout: 180_000 }, async () => {
  const app = await runningApp();
  onTestFinished(() => app.stop());
  expect(await app.here('verify')).toEqual({
    code: 1,
    output: expect.stringContaining('npx orderly up -c verify=true'),
  });
});
