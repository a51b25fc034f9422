import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { answerOf, errorOf, functionOf, hostOf, isAlive, until } from './host-fixture.ts';

const answering = (text: string) =>
  functionOf(`export const handler = async () => [${JSON.stringify(text)}, process.pid];`);

test('the next invocation runs the new code, in a new environment; the old one is gone', async () => {
  const host = hostOf([await answering('old')]);
  const [, pid] = (await answerOf(host)) as [string, number];
  await until(() => host.environments('subject')[0]?.state === 'idle');

  expect(await host.replace(await answering('new'))).toBeUndefined();

  expect(isAlive(pid)).toBe(false);
  expect(host.environments('subject')).toMatchObject([{ state: 'idle' }]);
  expect(await answerOf(host)).toEqual(['new', expect.any(Number)]);
});

test('an invocation that runs ends as it began; what waits behind it gets the new code', async () => {
  const old = await functionOf(
    `import { existsSync } from 'node:fs';
     export const handler = async () => {
       while (!existsSync('go')) await new Promise((resolve) => setTimeout(resolve, 5));
       return ['old', process.pid];
     };`,
  );
  const begun = Promise.withResolvers<void>();
  const host = hostOf([old], { maxEnvironments: 1, onInvocation: () => begun.resolve() });
  const running = answerOf(host);
  await begun.promise;
  const waiting = answerOf(host);

  expect(await host.replace(await answering('new'))).toBeUndefined();
  await writeFile(join(old.codeDir, 'go'), '');

  const [[first, pid], [second]] = (await Promise.all([running, waiting])) as [[string, number], [string]];
  expect([first, second]).toEqual(['old', 'new']);
  await until(() => !isAlive(pid));
  expect(host.environments('subject')).toHaveLength(1);
});

test('an old environment that is still starting costs nobody an invocation, even if it fails', async () => {
  const old = await functionOf(
    `await new Promise((resolve) => setTimeout(resolve, 200)); throw new Error('old and broken');`,
  );
  const host = hostOf([old], { maxEnvironments: 1 });
  const waiting = host.invoke('subject', '{}');

  await host.replace(await answering('new'));

  expect(errorOf(await waiting)).toBe('success');
});

test('new code that does not load is told, and is what the next invocation meets', async () => {
  const host = hostOf([await answering('old')]);
  await answerOf(host);

  const broken = await functionOf(`throw new RangeError('no TABLE');`);
  expect(await host.replace(broken)).toEqual({
    functionName: 'subject',
    errorType: 'RangeError',
    errorMessage: 'no TABLE',
  });
  expect(errorOf(await host.invoke('subject', '{}'))).toMatchObject({ errorType: 'RangeError' });

  expect(await host.replace(await answering('mended'))).toBeUndefined();
  expect(await answerOf(host)).toEqual(['mended', expect.any(Number)]);
});

test('other settings than the code count from then on, too', async () => {
  const fn = await functionOf(`export const handler = async () => process.env.TABLE;`, {
    environment: { TABLE: 'a' },
  });
  const host = hostOf([fn]);
  expect(await answerOf(host)).toBe('a');

  await host.replace({ ...fn, environment: { TABLE: 'b' } });
  expect(await answerOf(host)).toBe('b');

  await host.replace({ ...fn, reservedConcurrency: 0 });
  expect(await host.invoke('subject', '{}')).toEqual({ kind: 'throttled' });
});

test('neighbours and figures are not touched', async () => {
  const neighbour = await functionOf(`let n = 0; export const handler = async () => ++n;`, {
    name: 'neighbour',
  });
  const host = hostOf([await answering('old'), neighbour]);
  await Promise.all([host.invoke('neighbour', '{}'), answerOf(host)]);

  await host.replace(await answering('new'));

  const result = await host.invoke('neighbour', '{}');
  expect(result.kind === 'success' && Buffer.from(result.payload).toString()).toBe('2');
  expect(host.stats()).toMatchObject([{ functionName: 'subject', invocations: 1 }, { invocations: 2 }]);
});

test('a host that stops right after a replacement leaves no process', async () => {
  const host = hostOf([await answering('old')]);
  const [, pid] = (await answerOf(host)) as [string, number];
  const replaced = host.replace(await answering('new')).catch(() => undefined);

  await host.stop();
  await replaced;

  expect(isAlive(pid)).toBe(false);
  expect(host.environments('subject').map((environment) => isAlive(environment.pid))).not.toContain(true);
});

test('a function of another name is refused', async () => {
  const host = hostOf([await answering('old')]);
  await expect(host.replace(await functionOf('', { name: 'other' }))).rejects.toMatchObject({
    code: 'FUNCTION_NOT_FOUND',
  });
});
