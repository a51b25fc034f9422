import { expect, it } from 'vitest';
import { others, probedApp, reportIn } from './verifying.ts';

it('another behaviour is told, and what makes the emulator have it', { timeout: 180_000 }, async () => {
  const app = await probedApp({
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
  expect(text.output).toContain('"emulation": {"partialResponse": "checkpoint"} in millrace.json');
});
