import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { FunctionModel } from '../../../../local/resources/function.ts';
import { answerOf, errorOf, functionOf, hostOf, type RunningHost, shared, until } from './host-fixture.ts';

const HANG = 'await new Promise((resolve) => setTimeout(resolve, 60_000));';
const BLOCK = 'for (;;);';

/** What a handler may do, and what Lambda says of it; `null` stands for its plain answer. */
const cases: readonly (readonly [what: string, statement: string, error: object | null])[] = [
  ['throws', `throw new RangeError('no');`, { errorType: 'RangeError', errorMessage: 'no' }],
  ['throws a text', `throw 'no';`, { errorType: 'string', errorMessage: 'no', trace: [] }],
  ['hangs', HANG, timedOut()],
  ['blocks its event loop', BLOCK, timedOut()],
  ['exits', 'process.exit(3);', exited('Runtime exited with error: exit status 3')],
  [
    'leaves nothing to wait for',
    'await new Promise(() => {});',
    exited('Runtime exited without providing a reason'),
  ],
  ['exits with 0', 'process.exit(0);', exited('Runtime exited without providing a reason')],
  ['crashes', `process.abort();`, exited('Runtime exited with error: signal: aborted')],
  [
    'kills itself',
    `process.kill(process.pid, 'SIGKILL'); ${BLOCK}`,
    exited('Runtime exited with error: signal: killed'),
  ],
  [
    'runs out of memory',
    'const held = []; for (;;) held.push(new Array(100_000).fill(held.length + 0.5));',
    exited('Runtime exited with error: signal: aborted'),
  ],
  [
    'leaves a rejection unhandled',
    `Promise.reject(new Error('lost')); ${HANG}`,
    { errorType: 'Runtime.UnhandledPromiseRejection', errorMessage: 'Error: lost' },
  ],
  [
    'throws where nobody catches',
    `setTimeout(() => { throw new TypeError('lost'); }); ${HANG}`,
    { errorType: 'TypeError', errorMessage: 'lost' },
  ],
  [
    'answers more than 6 MB',
    `return 'x'.repeat(6_291_555);`,
    {
      errorType: 'Function.ResponseSizeTooLarge',
      errorMessage: 'Response payload size exceeded maximum allowed payload size (6291556 bytes).',
    },
  ],
  [
    'answers what has no JSON form',
    'return 1n;',
    { errorType: 'Runtime.JSONStringifyError', errorMessage: 'Unable to stringify response body' },
  ],
  [
    'answers a circle',
    'const circle = {}; circle.self = circle; return circle;',
    { errorType: 'Runtime.JSONStringifyError', errorMessage: 'Unable to stringify response body' },
  ],
  [
    'prints 16 MB, without a line break too',
    `const print = (text) => new Promise((resolve) => process.stdout.write(text, resolve));
     for (let n = 0; n < 8; n += 1) await print('y'.repeat(1_000_000));
     for (let n = 0; n < 8_000; n += 1) console.log('x'.repeat(1_000));`,
    null,
  ],
  ['closes its output', 'process.stdout.end(); process.stderr.destroy();', null],
];

function timedOut() {
  return {
    errorType: 'Sandbox.Timedout',
    errorMessage: expect.stringMatching(
      /^RequestId: [0-9a-f-]{36} Error: Task timed out after 2\.00 seconds$/,
    ),
  };
}

function exited(reason: string) {
  return {
    errorType: 'Runtime.ExitError',
    errorMessage: expect.stringMatching(new RegExp(`^RequestId: [0-9a-f-]{36} Error: ${reason}$`)),
  };
}

/** A neighbour lasts until its file is there, or until its own time is almost over. */
const source = `
  import { existsSync } from 'node:fs';
  const deeds = { ${cases.map(([what, statement]) => `${JSON.stringify(what)}: async () => { ${statement} }`).join(', ')} };
  export const handler = async ({ deed, neighbourUntil }, { getRemainingTimeInMillis }) => {
    while (neighbourUntil && !existsSync(neighbourUntil) && getRemainingTimeInMillis() > 1_000) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return (await deeds[deed]?.()) ?? 'well';
  };`;

describe('harms no neighbour, neither in its function nor in another one: a handler that', () => {
  let host: RunningHost;
  let fn: FunctionModel;
  beforeAll(() =>
    shared(async (cleanUp) => {
      fn = await functionOf(source, { memoryMiB: 64 }, cleanUp);
      const functions = [fn, { ...fn, name: 'hasty', timeoutSeconds: 2 }, { ...fn, name: 'other' }];
      host = hostOf(functions, { maxEnvironments: 2 }, cleanUp);
    }),
  );

  test.each(cases)('%s', { timeout: 60_000 }, async (deed, statement, error) => {
    const name = statement === HANG || statement === BLOCK ? 'hasty' : 'subject';
    const go = `${deed}.go`;
    const neighbours = [name, 'other'].map((each) =>
      host.invoke(each, JSON.stringify({ neighbourUntil: go })),
    );
    const isBusy = (each: string) => host.environments(each).some(({ state }) => state === 'busy');
    await until(() => isBusy(name) && isBusy('other'));

    const broken = await host.invoke(name, JSON.stringify({ deed }));
    await writeFile(join(fn.codeDir, go), '');

    if (error === null) expect(errorOf(broken)).toBe('success');
    else expect(errorOf(broken)).toMatchObject(error);
    expect((await Promise.all(neighbours)).map(errorOf)).toEqual(['success', 'success']);
    expect(await Promise.all([answerOf(host, {}, name), answerOf(host, {}, name)])).toEqual(['well', 'well']);
  });
});

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

test('no answer is null', async () => {
  const fn = await functionOf(`export const handler = async () => {};`);

  expect(await answerOf(hostOf([fn]))).toBe(null);
});

test('an answer of just 6 MB is one', async () => {
  const fn = await functionOf(`export const handler = async () => 'x'.repeat(6_291_554);`);

  expect(await answerOf(hostOf([fn]))).toHaveLength(6_291_554);
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

describe('fails the warm-up, and an invocation: a module with', () => {
  const modules = [
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
  ] as const;
  let host: RunningHost;
  let failures: Awaited<ReturnType<RunningHost['warmUp']>>;
  beforeAll(() =>
    shared(async (cleanUp) => {
      const functions = modules.map(([name, { source, ...model }]) =>
        functionOf(source, { name, ...model }, cleanUp),
      );
      host = hostOf(await Promise.all(functions), { maxEnvironments: 1 }, cleanUp);
      failures = await host.warmUp();
    }),
  );

  test.each(modules)('%s', async (functionName, _model, errorType, message) => {
    expect(failures).toContainEqual({
      functionName,
      errorType,
      errorMessage: expect.stringMatching(message),
    });
    expect(errorOf(await host.invoke(functionName, '1'))).toMatchObject({ errorType });
    const stats = host.stats().find((each) => each.functionName === functionName);
    expect(stats).toMatchObject({ invocations: 1, errors: 1, environments: 0 });
  });
});

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
