import { expect, onTestFinished, test, vi } from 'vitest';
import { answerOf, errorOf, functionOf, hostOf, isAlive, until } from './host-fixture.ts';

test('an invocation gets the event and Lambda`s context, and its answer is the result', async () => {
  const fn = await functionOf(
    `export const handler = async (event, context) => ({
       event,
       context: { ...context, remaining: context.getRemainingTimeInMillis() },
       trace: process.env._X_AMZN_TRACE_ID,
     });`,
  );

  const answer = await answerOf(hostOf([fn]), { a: [1, 'ü'] });

  expect(answer).toEqual({
    event: { a: [1, 'ü'] },
    context: {
      awsRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      functionName: 'subject',
      functionVersion: '$LATEST',
      invokedFunctionArn: fn.arn,
      memoryLimitInMB: '128',
      logGroupName: '/aws/lambda/subject',
      logStreamName: expect.stringMatching(/^\d{4}\/\d\d\/\d\d\[\$LATEST][0-9a-f]{32}$/),
      remaining: expect.toSatisfy((ms: number) => ms > 10_000 && ms <= 20_000),
    },
    trace: expect.stringMatching(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0$/),
  });
});

test('a function sees the template`s variables and Lambda`s, and nothing else of the machine', async () => {
  vi.stubEnv('ORDERLY_CANARY', 'of the parent');
  const fn = await functionOf(`export const handler = async () => process.env;`, {
    environment: { TABLE: 'orders', AWS_ENDPOINT_URL: 'of the template' },
  });

  const answer = await answerOf(hostOf([fn]));
  vi.unstubAllEnvs();

  expect(answer).toMatchObject({
    TABLE: 'orders',
    AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
    AWS_REGION: 'eu-west-1',
    TZ: ':UTC',
    LAMBDA_TASK_ROOT: fn.codeDir,
  });
  expect(answer).not.toHaveProperty('ORDERLY_CANARY');
  expect(answer).toHaveProperty('HOME', '/home/sbx_user1051');
});

test('an environment is reused, and keeps what its module remembers', async () => {
  const fn = await functionOf(`let n = 0; export const handler = async () => [process.pid, ++n];`);
  const host = hostOf([fn]);

  const first = await answerOf(host);
  const second = await answerOf(host);

  const [environment, ...others] = host.environments('subject');
  expect(first).toEqual([environment?.pid, 1]);
  expect(second).toEqual([environment?.pid, 2]);
  expect(others).toEqual([]);
});

test('the timeout is that of each invocation: an environment outlives it', async () => {
  const fn = await functionOf(
    `export const handler = () => new Promise((resolve) => setTimeout(resolve, 60, process.pid));`,
    { timeoutSeconds: 0.6 },
  );
  const host = hostOf([fn]);
  const pids = new Set<unknown>();

  const first = performance.now();
  while (performance.now() - first < 900) pids.add(await answerOf(host));

  expect(pids.size).toBe(1);
});

test('environments work one invocation at a time, at most as many as allowed, and the rest waits in line', async () => {
  const fn = await functionOf(
    // Each invocation waits until the second environment is at work too, however long it takes to start.
    `import { readdirSync, writeFileSync } from 'node:fs';
     let busy = 0;
     const atWork = () => readdirSync('.').filter((name) => name.endsWith('.pid')).length;
     export const handler = async (n) => {
       busy += 1;
       writeFileSync(process.pid + '.pid', '');
       do await new Promise((resolve) => setTimeout(resolve, 20)); while (atWork() < 2);
       const together = busy;
       busy -= 1;
       return { n, together, pid: process.pid };
     };`,
  );
  const handed: string[] = [];
  const host = hostOf([fn], {
    maxEnvironments: 2,
    onInvocation: (_name, requestId) => handed.push(requestId),
  });

  const results = await Promise.all(Array.from({ length: 8 }, (_, n) => host.invoke('subject', String(n))));

  const answers = results.map((result) =>
    result.kind === 'success' ? JSON.parse(String(Buffer.from(result.payload))) : result,
  );
  expect(answers.map(({ n }) => n)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(new Set(answers.map(({ together }) => together))).toEqual(new Set([1]));
  expect(new Set(answers.map(({ pid }) => pid)).size).toBe(2);
  expect(handed).toEqual(results.map((result) => (result.kind === 'success' ? result.requestId : result)));
});

test('reserved concurrency bounds the environments', async () => {
  const fn = await functionOf(`export const handler = async () => process.pid;`, { reservedConcurrency: 1 });
  const host = hostOf([fn]);

  const pids = await Promise.all([answerOf(host), answerOf(host), answerOf(host)]);

  expect(new Set(pids).size).toBe(1);
});

test('a reserved concurrency of 0 throttles every invocation', async () => {
  const fn = await functionOf(`export const handler = async () => 1;`, { reservedConcurrency: 0 });
  const host = hostOf([fn]);

  expect(await host.invoke('subject', '{}')).toEqual({ kind: 'throttled' });
  expect(await host.warmUp()).toEqual([]);
  expect(host.stats()).toMatchObject([{ invocations: 0, throttles: 1, environments: 0 }]);
});

test('a warm-up leaves an idle environment for the first invocation', async () => {
  const fn = await functionOf(`export const handler = async () => process.pid;`);
  const host = hostOf([fn]);

  expect(await host.warmUp()).toEqual([]);

  const environments = host.environments('subject');
  expect(environments).toEqual([{ pid: expect.any(Number), state: 'idle' }]);
  expect(await answerOf(host)).toBe(environments[0]?.pid);
});

test('an environment that died idle is replaced at the next invocation', async () => {
  const fn = await functionOf(`export const handler = async () => process.pid;`);
  const host = hostOf([fn]);
  const first = await answerOf(host);
  await until(() => host.environments('subject')[0]?.state === 'idle');

  process.kill(Number(first), 'SIGKILL');
  await until(() => host.environments('subject').length === 0);

  expect(await answerOf(host)).not.toBe(first);
});

test('a dead environment gets no invocation, even while something else holds its output open', async () => {
  const fn = await functionOf(
    `import { spawn } from 'node:child_process';
     let holder;
     export const handler = async (event) => {
       if (event === 'hold') holder = spawn('sleep', ['10'], { detached: true, stdio: 'inherit' });
       return { pid: process.pid, holder: holder?.pid };
     };`,
  );
  const host = hostOf([fn]);
  const { pid, holder } = (await answerOf(host, 'hold')) as { pid: number; holder: number };
  onTestFinished(() => void process.kill(holder, 'SIGKILL'));
  await until(() => host.environments('subject')[0]?.state === 'idle');

  process.kill(pid, 'SIGKILL');
  await until(() => !isAlive(pid));

  expect(await answerOf(host)).not.toMatchObject({ pid });
});

test('what a function prints comes line by line, with Lambda`s own lines around it', async () => {
  const fn = await functionOf(
    `export const handler = async () => { console.log('one\\ntwo'); console.error('three'); };`,
  );
  const host = hostOf([fn]);

  const result = await host.invoke('subject', '{}');
  await until(() => host.logs.length >= 6);

  const requestId = result.kind === 'success' ? result.requestId : '';
  const lines = host.logs.map(({ line }) => line);
  expect(lines).toEqual(expect.arrayContaining(['one', 'two', 'three', `END RequestId: ${requestId}`]));
  expect(lines[0]).toBe(`START RequestId: ${requestId} Version: $LATEST`);
  expect(lines.find((line) => line.startsWith('REPORT'))).toMatch(
    /^REPORT RequestId: \S+\tDuration: \d+\.\d\d ms\tBilled Duration: \d+ ms\tMemory Size: 128 MB$/,
  );
});

test('events and answers of 5 MB arrive whole', async () => {
  const fn = await functionOf(`export const handler = async (event) => event;`);
  const text = 'ä'.repeat(2_500_000);

  expect(await answerOf(hostOf([fn]), text)).toBe(text);
});

test('statistics count invocations and errors and measure durations', async () => {
  const fn = await functionOf(
    `export const handler = async (event) => {
       if (event === 'fail') throw new Error('no');
       await new Promise((resolve) => setTimeout(resolve, event));
     };`,
  );
  const host = hostOf([fn], { maxEnvironments: 1 });

  expect(host.stats()).toEqual([
    { functionName: 'subject', invocations: 0, errors: 0, throttles: 0, p50Ms: 0, p95Ms: 0, environments: 0 },
  ]);
  for (const event of ['1', '1', '"fail"', '80']) await host.invoke('subject', event);

  const [stats] = host.stats();
  expect(stats).toMatchObject({ functionName: 'subject', invocations: 4, errors: 1, environments: 1 });
  expect(stats?.p50Ms).toBeLessThan(80);
  expect(stats?.p95Ms).toBeGreaterThanOrEqual(79);
});

test('two functions with one name for their modules do not meet', async () => {
  const one = await functionOf(`export const handler = async () => 'one';`);
  const two = await functionOf(`export const handler = async () => { throw new Error('two'); };`, {
    name: 'other',
  });
  const host = hostOf([one, two]);

  const [first, second] = await Promise.all([host.invoke('subject', '{}'), host.invoke('other', '{}')]);

  expect(first.kind).toBe('success');
  expect(errorOf(second)).toMatchObject({ errorType: 'Error', errorMessage: 'two' });
});

test('an unknown function is refused by name', async () => {
  await expect(hostOf([]).invoke('nobody', '{}')).rejects.toMatchObject({ code: 'FUNCTION_NOT_FOUND' });
});

test('stopping rejects what is pending and leaves no process', async () => {
  const fn = await functionOf(`export const handler = () => new Promise(() => setInterval(() => {}, 1000));`);
  const pids: number[] = [];
  const host = hostOf([fn], { maxEnvironments: 1, onInvocation: (_name, _id, pid) => pids.push(pid) });
  const running = host.invoke('subject', '{}');
  const waiting = host.invoke('subject', '{}');
  const ends = Promise.allSettled([running, waiting]);
  await until(() => pids.length === 1);

  await host.stop();

  expect(await ends).toMatchObject([
    { status: 'rejected', reason: { code: 'NOT_RUNNING' } },
    { status: 'rejected', reason: { code: 'NOT_RUNNING' } },
  ]);
  expect(pids.map(isAlive)).toEqual([false]);
  await expect(host.invoke('subject', '{}')).rejects.toMatchObject({ code: 'NOT_RUNNING' });
});

test('stopping right after the start leaves no process either', async () => {
  const fn = await functionOf(`export const handler = async () => 1;`);
  const host = hostOf([fn]);
  const ends = Promise.allSettled([host.invoke('subject', '{}'), host.invoke('subject', '{}')]);

  await host.stop();

  expect(host.environments('subject').map(({ pid }) => isAlive(pid))).not.toContain(true);
  expect(await ends).toMatchObject([{ status: 'rejected' }, { status: 'rejected' }]);
});
