import { expect, test } from 'vitest';
import { answerOf, errorOf, functionOf, hostOf, isAlive, type RunningHost, until } from './host-fixture.ts';

/** Runs one broken invocation, then shows that the next one is well. */
async function brokenThenWell(host: RunningHost, event: unknown = 'break'): Promise<unknown> {
  const result = await host.invoke('subject', JSON.stringify(event));
  expect(await answerOf(host, 'well')).toBe('well');
  return errorOf(result);
}

test('what a handler throws is reported with its type, message and trace, and the environment lives on', async () => {
  const fn = await functionOf(
    `class OrderError extends Error { name = 'OrderError'; }
     export const handler = async (event) => { if (event === 'break') throw new OrderError('not today'); return event; };`,
  );
  const host = hostOf([fn]);
  await host.warmUp();
  const before = host.environments('subject')[0]?.pid;

  expect(await brokenThenWell(host)).toEqual({
    errorType: 'OrderError',
    errorMessage: 'not today',
    trace: expect.arrayContaining(['OrderError: not today']),
  });
  expect(host.environments('subject')[0]?.pid).toBe(before);
});

test('anything can be thrown', async () => {
  const fn = await functionOf(
    `export const handler = async (event) => { if (event === 'break') throw 'a string'; return event; };`,
  );

  expect(await brokenThenWell(hostOf([fn]))).toEqual({
    errorType: 'string',
    errorMessage: 'a string',
    trace: [],
  });
});

test('a handler that never ends is killed at its timeout, even if it blocks its event loop', async () => {
  const fn = await functionOf(
    `export const handler = async (event) => { while (event === 'break'); return event; };`,
    { timeoutSeconds: 0.5 },
  );
  const pids: number[] = [];
  const host = hostOf([fn], { onInvocation: (_name, _id, pid) => pids.push(pid) });

  expect(await brokenThenWell(host)).toEqual({
    errorType: 'Sandbox.Timedout',
    errorMessage: expect.stringMatching(
      /^RequestId: [0-9a-f-]{36} Error: Task timed out after 0\.50 seconds$/,
    ),
  });
  expect(pids[0]).not.toBe(pids[1]);
});

test('a handler that blocks after its answer harms nobody: its environment is replaced at the deadline', async () => {
  const fn = await functionOf(
    `export const handler = async (event, { awsRequestId }) => {
       if (event !== 'break') return event;
       const api = 'http://' + process.env.AWS_LAMBDA_RUNTIME_API + '/2018-06-01/runtime/invocation/';
       await fetch(api + awsRequestId + '/response', { method: 'POST', body: '"answered"' });
       for (;;);
     };`,
    { timeoutSeconds: 0.5 },
  );

  expect(await brokenThenWell(hostOf([fn]))).toBe('success');
});

test('a process that exits ends its invocation with the exit status', async () => {
  const fn = await functionOf(
    `export const handler = async (event) => { if (event === 'break') process.exit(7); return event; };`,
  );

  expect(await brokenThenWell(hostOf([fn]))).toEqual({
    errorType: 'Runtime.ExitError',
    errorMessage: expect.stringMatching(
      /^RequestId: [0-9a-f-]{36} Error: Runtime exited with error: exit status 7$/,
    ),
  });
});

test('an environment killed in the middle of an invocation ends it with the signal; others are not touched', async () => {
  const fn = await functionOf(
    `export const handler = (event) => new Promise((resolve) => setTimeout(resolve, event === 'slow' ? 60_000 : 20, event));`,
  );
  const killed = Promise.withResolvers<number>();
  const host = hostOf([fn], { onInvocation: (_name, _id, pid) => killed.resolve(pid) });
  const slow = host.invoke('subject', '"slow"');
  process.kill(await killed.promise, 'SIGKILL');

  const [result, neighbour] = await Promise.all([slow, answerOf(host, 'neighbour')]);

  expect(errorOf(result)).toEqual({
    errorType: 'Runtime.ExitError',
    errorMessage: expect.stringMatching(/Error: Runtime exited with error: signal: killed$/),
  });
  expect(neighbour).toBe('neighbour');
});

test('an invocation whose event loop runs empty without an answer ends without a reason', async () => {
  const fn = await functionOf(
    `export const handler = async (event) => event === 'break' ? new Promise(() => {}) : event;`,
  );

  expect(await brokenThenWell(hostOf([fn]))).toEqual({
    errorType: 'Runtime.ExitError',
    errorMessage: expect.stringMatching(/Error: Runtime exited without providing a reason$/),
  });
});

test('memory beyond MemorySize kills the process', async () => {
  const fn = await functionOf(
    `export const handler = async (event) => {
       const held = [];
       while (event === 'break') held.push(new Array(100_000).fill(held.length + 0.5));
       return event;
     };`,
    { memoryMiB: 32 },
  );

  expect(await brokenThenWell(hostOf([fn]))).toMatchObject({ errorType: 'Runtime.ExitError' });
});

test.each([
  [
    'an unhandled rejection',
    `Promise.reject(new Error('lost'))`,
    'Runtime.UnhandledPromiseRejection',
    'Error: lost',
  ],
  ['an uncaught exception', `setTimeout(() => { throw new TypeError('lost'); })`, 'TypeError', 'lost'],
])('%s ends the invocation and the environment', async (_what, statement, errorType, errorMessage) => {
  const fn = await functionOf(
    `export const handler = async (event) => {
       if (event !== 'break') return event;
       ${statement};
       return new Promise((resolve) => setTimeout(resolve, 10_000));
     };`,
  );

  expect(await brokenThenWell(hostOf([fn]))).toMatchObject({ errorType, errorMessage });
});

test('a rejection between two invocations costs neither of them', async () => {
  const fn = await functionOf(
    `export const handler = async (event) => {
       if (event === 'break') setTimeout(() => Promise.reject(new Error('late')), 30);
       return event;
     };`,
  );
  const host = hostOf([fn]);
  await answerOf(host, 'break');

  await until(() => host.environments('subject').length === 0);

  expect(await answerOf(host, 'well')).toBe('well');
  expect(host.stats()).toMatchObject([{ invocations: 2, errors: 0 }]);
});

test.each([
  ['a BigInt', '1n'],
  ['a circle', '(() => { const circle = {}; circle.self = circle; return circle; })()'],
])('an answer that has no JSON form, %s, is an error', async (_what, value) => {
  const fn = await functionOf(
    `export const handler = async (event) => event === 'break' ? ${value} : event;`,
  );

  expect(await brokenThenWell(hostOf([fn]))).toMatchObject({
    errorType: 'Runtime.JSONStringifyError',
    errorMessage: 'Unable to stringify response body',
  });
});

test('no answer is null', async () => {
  const fn = await functionOf(`export const handler = async () => {};`);

  expect(await answerOf(hostOf([fn]))).toBe(null);
});

test('an answer over 6 MB is an error, and one just below is not', async () => {
  const fn = await functionOf(
    `export const handler = async (event) => event === 'break' ? 'x'.repeat(6_291_555) : event;`,
  );

  expect(await brokenThenWell(hostOf([fn]))).toMatchObject({ errorType: 'Function.ResponseSizeTooLarge' });

  const small = await functionOf(`export const handler = async () => 'x'.repeat(6_291_554);`);
  expect(await answerOf(hostOf([small]))).toHaveLength(6_291_554);
});

test('reports at the wrong time are refused and confuse nobody: twice, late, for others, unreadable', async () => {
  const fn = await functionOf(
    `const call = async (path, body, method = 'POST') =>
       (await fetch('http://' + process.env.AWS_LAMBDA_RUNTIME_API + '/2018-06-01/runtime/' + path, { method, body })).status;
     let last;
     export const handler = async (event, { awsRequestId }) => {
       const previous = last;
       last = awsRequestId;
       if (event === 'previous') return [
         await call('invocation/' + previous + '/response', '"late"'),
         await call('invocation/' + previous + '/error', '{}'),
       ];
       if (event === 'other') return [await call('invocation/other/response', '"of nobody"'), await call('nowhere', '')];
       if (event === 'next') return [await call('invocation/next', undefined, 'GET')];
       if (event === 'twice') {
         await call('invocation/' + awsRequestId + '/response', '"first"');
         return 'second';
       }
       if (event === 'unreadable') await call('invocation/' + awsRequestId + '/error', '<html>');
       return event;
     };`,
  );
  const host = hostOf([fn], { maxEnvironments: 1 });

  expect(await answerOf(host, 'previous')).toEqual([400, 400]);
  expect(await answerOf(host, 'previous')).toEqual([400, 400]);
  expect(await answerOf(host, 'other')).toEqual([400, 404]);
  expect(await answerOf(host, 'next')).toEqual([400]);
  expect(await answerOf(host, 'twice')).toBe('first');
  expect(errorOf(await host.invoke('subject', '"unreadable"'))).toEqual({
    errorType: 'Runtime.Unknown',
    errorMessage: '',
  });
  expect(await answerOf(host, 'well')).toBe('well');
  expect(host.environments('subject')).toHaveLength(1);
});

test('a handler that prints megabytes, without a line break too, or closes its output answers all the same', async () => {
  const fn = await functionOf(
    `export const handler = async (event) => {
       for (let line = 0; line < 2_000; line += 1) console.log('x'.repeat(1_000));
       process.stdout.write('y'.repeat(3_000_000));
       process.stdout.end();
       process.stderr.destroy();
       return event;
     };`,
  );

  expect(await answerOf(hostOf([fn]), 'well')).toBe('well');
});

test.each([
  ['a syntax error', { source: 'export const handler = ;' }, 'Runtime.UserCodeSyntaxError', /SyntaxError/],
  [
    'no such export',
    { source: 'export const other = 1;' },
    'Runtime.HandlerNotFound',
    /index\.handler is undefined or not exported/,
  ],
  [
    'a handler that is no function',
    { source: 'export const handler = 1;' },
    'Runtime.HandlerNotFound',
    /not a function/,
  ],
  [
    'no such module',
    { source: '', handler: 'nowhere.handler' },
    'Runtime.ImportModuleError',
    /Cannot find module/,
  ],
  [
    'a missing import',
    { source: `import 'nowhere';` },
    'Runtime.ImportModuleError',
    /Cannot find package 'nowhere'/,
  ],
  [
    'a missing require',
    { source: `require('nowhere');`, file: 'index.cjs' },
    'Runtime.ImportModuleError',
    /nowhere/,
  ],
  ['a bad handler name', { source: '', handler: 'index' }, 'Runtime.MalformedHandlerName', /'index'/],
  ['a throwing module', { source: `throw new RangeError('no TABLE');` }, 'RangeError', /^no TABLE$/],
  ['an exit', { source: `process.exit(3);` }, 'Runtime.ExitError', /exit status 3$/],
  [
    'a callback on nodejs24',
    { source: 'export const handler = (a, b, c) => c();' },
    'Runtime.CallbackHandlerDeprecated',
    /24/,
  ],
])(
  'a module with %s fails the warm-up, and each invocation that waits for it',
  async (_what, { source, ...model }, errorType, message) => {
    const host = hostOf([await functionOf(source, model)], { maxEnvironments: 1 });

    expect(await host.warmUp()).toEqual([
      { functionName: 'subject', errorType, errorMessage: expect.stringMatching(message) },
    ]);

    const results = await Promise.all([host.invoke('subject', '1'), host.invoke('subject', '2')]);
    expect(results.map(errorOf)).toMatchObject([{ errorType }, { errorType }]);
    expect(host.stats()).toMatchObject([{ invocations: 2, errors: 2, environments: 0 }]);
  },
);

test('an environment that fails to start once is followed by a fresh one', async () => {
  const fn = await functionOf(
    `import { existsSync, writeFileSync } from 'node:fs';
     if (!existsSync('started')) { writeFileSync('started', ''); throw new Error('first start'); }
     export const handler = async (event) => event;`,
  );
  const host = hostOf([fn], { maxEnvironments: 1 });

  const [first, second] = await Promise.all([host.invoke('subject', '1'), host.invoke('subject', '2')]);

  expect(errorOf(first)).toMatchObject({ errorMessage: 'first start' });
  expect(errorOf(second)).toBe('success');
});

test('a code folder that is gone fails the invocation, not the host', async () => {
  const fn = await functionOf('', { codeDir: '/nowhere/at/all' });
  const host = hostOf([fn]);

  expect(errorOf(await host.invoke('subject', '1'))).toMatchObject({
    errorType: 'Runtime.InvalidEntrypoint',
  });
});

test('a killed environment is gone when its invocation has ended', async () => {
  const fn = await functionOf(`export const handler = async () => { for (;;); };`, { timeoutSeconds: 0.3 });
  const pids: number[] = [];
  const host = hostOf([fn], { onInvocation: (_name, _id, pid) => pids.push(pid) });

  await host.invoke('subject', '1');
  await host.stop();

  expect(pids.map(isAlive)).toEqual([false]);
});
