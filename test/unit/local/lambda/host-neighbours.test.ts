import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { answerOf, errorOf, functionOf, hostOf, until } from './host-fixture.ts';

const HANG = 'await new Promise((resolve) => setTimeout(resolve, 60_000));';
const BLOCK = 'for (;;);';

/** What a handler may do, and what Lambda says of it; `null` stands for its plain answer. */
const cases: readonly (readonly [what: string, statement: string, error: object | null])[] = [
  ['throws', `throw new RangeError('no');`, { errorType: 'RangeError', errorMessage: 'no' }],
  ['hangs', HANG, timedOut()],
  ['blocks its event loop', BLOCK, timedOut()],
  ['exits', 'process.exit(3);', exited('Runtime exited with error: exit status 3')],
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
  ['answers nonsense as an error', `await report('error', '<html>');`, { errorType: 'Runtime.Unknown' }],
  ['answers twice', `await report('response', '"break"'); return 'second';`, null],
  ['answers, then blocks', `await report('response', '"break"'); ${BLOCK}`, null],
  [
    'prints 64 MB, without a line break too',
    `const print = (text) => new Promise((resolve) => process.stdout.write(text, resolve));
     for (let n = 0; n < 32; n += 1) await print('y'.repeat(1_000_000));
     for (let n = 0; n < 32_000; n += 1) console.log('x'.repeat(1_000));`,
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

/** A neighbour lasts until the file `go` is there, or until its own time is almost over. */
const source = (statement: string) => `
  import { existsSync } from 'node:fs';
  export const handler = async (event, { awsRequestId, getRemainingTimeInMillis }) => {
    const api = 'http://' + process.env.AWS_LAMBDA_RUNTIME_API + '/2018-06-01/runtime/invocation/' + awsRequestId;
    const report = (kind, body) => fetch(api + '/' + kind, { method: 'POST', body });
    while (event === 'neighbour' && !existsSync('go') && getRemainingTimeInMillis() > 1_000) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    if (event === 'break') { ${statement} }
    return event;
  };`;

test.each(cases)(
  'a handler that %s harms no neighbour, neither in its function nor in another one',
  {
    timeout: 60_000,
  },
  async (_what, statement, error) => {
    const timeoutSeconds = statement === HANG || statement === BLOCK ? 2 : 20;
    const fn = await functionOf(source(statement), { timeoutSeconds, memoryMiB: 64 });
    const host = hostOf([fn, { ...fn, name: 'other', timeoutSeconds: 60 }], { maxEnvironments: 2 });
    const neighbours = [host.invoke('subject', '"neighbour"'), host.invoke('other', '"neighbour"')];
    const busy = (name: string) => host.environments(name)[0]?.state === 'busy';
    await until(() => busy('subject') && busy('other'));

    const broken = await host.invoke('subject', '"break"');
    await writeFile(join(fn.codeDir, 'go'), '');

    if (error === null) expect(errorOf(broken)).toBe('success');
    else expect(errorOf(broken)).toMatchObject(error);
    expect((await Promise.all(neighbours)).map(errorOf)).toEqual(['success', 'success']);
    expect(await Promise.all([answerOf(host, 'one'), answerOf(host, 'two')])).toEqual(['one', 'two']);
  },
);
