import { expect, it } from 'vitest';
import { scan, testClient } from '../../support/dynamodb.ts';
import { others, probedApp, reportIn } from './verifying.ts';

it('the emulator keeps the rules that are verified, here and by the way of a deployed stack', {
  timeout: 180_000,
}, async () => {
  const app = await probedApp();
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
