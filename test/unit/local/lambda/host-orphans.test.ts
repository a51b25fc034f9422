import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test } from 'vitest';
import { functionOf, isAlive, until } from './host-fixture.ts';

test('an environment whose handler loops for ever dies with a host that is killed', async () => {
  const fn = await functionOf(`export const handler = async () => { for (;;); };`);
  const host = spawn(process.execPath, ['--input-type=module', '--eval', hostProgram], {
    env: {
      HOST_MODULE: import.meta.resolve('../../../../local/lambda/host.ts'),
      FUNCTION: JSON.stringify(fn),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void host.kill('SIGKILL'));
  const pid = await new Promise<number>((resolve) => {
    createInterface({ input: host.stdout }).once('line', (line) => resolve(Number(line)));
  });
  expect(isAlive(pid)).toBe(true);

  host.kill('SIGKILL');

  await until(() => !isAlive(pid));
});

const hostProgram = `
  const { createFunctionHost } = await import(process.env.HOST_MODULE);
  const host = createFunctionHost({
    functions: [JSON.parse(process.env.FUNCTION)],
    environment: () => ({}),
    maxEnvironments: 1,
    onLog: () => {},
    onInvocation: (name, requestId, pid) => console.log(pid),
    clock: Date.now,
    newRequestId: () => crypto.randomUUID(),
  });
  await host.invoke('subject', '{}');
`;
