import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { answerOf, errorOf, functionOf, hostOf } from './host-fixture.ts';

test.each([
  ['an ES module', 'index.mjs', `export const handler = async () => 'here';`],
  ['CommonJS', 'index.cjs', `exports.handler = async () => 'here';`],
  ['CommonJS by default', 'index.js', `module.exports = { handler: async () => 'here' };`],
  [
    'CommonJS whose exports no lexer finds',
    'index.js',
    `module.exports = Object.assign({}, { ['hand' + 'ler']: async () => 'here' });`,
  ],
  [
    'CommonJS that exports a function with the handler as its property',
    'index.cjs',
    `module.exports = () => 'there'; module.exports.handler = async () => 'here';`,
  ],
  [
    'CommonJS by default that exports such a function',
    'index.js',
    `class App { static handler = async () => 'here' } module.exports = App;`,
  ],
  ['an ES module by its syntax', 'index.js', `export const handler = async () => 'here';`],
])('%s is loaded', async (_what, file, source) => {
  const fn = await functionOf(source, { file });

  expect(await answerOf(hostOf([fn]))).toBe('here');
});

test.each([
  ['CommonJS that exports nothing but a function', 'index.cjs', `module.exports = async () => 'here';`],
  [
    'an ES module with the handler in its default export',
    'index.mjs',
    `export default { async handler() {} };`,
  ],
])('%s has no handler, as in Lambda', async (_what, file, source) => {
  const fn = await functionOf(source, { file });

  expect(errorOf(await hostOf([fn]).invoke('subject', '{}'))).toMatchObject({
    errorType: 'Runtime.HandlerNotFound',
    errorMessage: 'index.handler is undefined or not exported',
  });
});

test('a handler may lie in a folder and be nested in an export', async () => {
  const fn = await functionOf('', { handler: 'src/app/main.api.handler' });
  await mkdir(join(fn.codeDir, 'src/app'), { recursive: true });
  await writeFile(
    join(fn.codeDir, 'src/app/main.mjs'),
    `export const api = { handler: async () => 'nested' };`,
  );

  expect(await answerOf(hostOf([fn]))).toBe('nested');
});

test.each([
  [
    'CommonJS',
    `const { value } = require('./other.js'); exports.handler = async () => value;`,
    `exports.value = 'here';`,
  ],
  [
    'ES',
    `import { value } from './other.js'; export const handler = async () => value;`,
    `export const value = 'here';`,
  ],
])('a %s module below a project of ES modules is what it is in Lambda', async (_what, source, other) => {
  const fn = await functionOf('{"type":"module"}', { file: 'package.json' });
  const codeDir = join(fn.codeDir, 'cdk.out', 'asset.1');
  await mkdir(codeDir, { recursive: true });
  await writeFile(join(codeDir, 'index.js'), source);
  await writeFile(join(codeDir, 'other.js'), other);

  expect(await answerOf(hostOf([{ ...fn, codeDir }]))).toBe('here');
});

test('a package.json in the task root decides for the modules below it', async () => {
  const fn = await functionOf(`import './lib/side.js'; export const handler = async () => globalThis.side;`, {
    file: 'index.js',
  });
  await writeFile(join(fn.codeDir, 'package.json'), '{"type":"module"}');
  await mkdir(join(fn.codeDir, 'lib'));
  await writeFile(join(fn.codeDir, 'lib/side.js'), `globalThis.side = import.meta.url.endsWith('side.js');`);

  expect(await answerOf(hostOf([fn]))).toBe(true);
});

test.each([
  ['its callback', `(event, context, callback) => { setTimeout(() => callback(null, 'answer'), 5); }`],
  ['its callback at once', `(event, context, callback) => callback(null, 'answer')`],
  ['a promise', `async (event, context, callback) => 'answer'`],
  ['context.succeed', `(event, context) => context.succeed('answer')`],
  ['context.done', `(event, context) => { setTimeout(context.done, 5, null, 'answer'); }`],
  [
    'the first of several answers',
    `(event, context, callback) => { callback(null, 'answer'); callback(null, 'other'); context.fail('no'); }`,
  ],
  [
    'its callback without waiting for the event loop',
    `(event, context, callback) => {
       context.callbackWaitsForEmptyEventLoop = false;
       setInterval(() => {}, 1000);
       callback(null, 'answer');
     }`,
  ],
])('below nodejs24 a handler may answer by %s', async (_what, source) => {
  const fn = await functionOf(`exports.handler = ${source};`, { file: 'index.js', runtime: 'nodejs22.x' });
  const host = hostOf([fn], { maxEnvironments: 1 });

  expect(await answerOf(host)).toBe('answer');
  expect(await answerOf(host)).toBe('answer');
});

test.each([
  [
    'its callback',
    `(event, context, callback) => callback(new RangeError('no'))`,
    { errorType: 'RangeError', errorMessage: 'no' },
  ],
  ['a text', `(event, context, callback) => callback('no')`, { errorType: 'string', errorMessage: 'no' }],
  [
    'a promise',
    `async () => { throw new RangeError('no'); }`,
    { errorType: 'RangeError', errorMessage: 'no' },
  ],
  ['throwing', `() => { throw new RangeError('no'); }`, { errorType: 'RangeError', errorMessage: 'no' }],
  ['context.fail', `(event, context) => context.fail()`, { errorType: 'string', errorMessage: 'handled' }],
])('below nodejs24 a handler may fail by %s', async (_what, source, error) => {
  const fn = await functionOf(`exports.handler = ${source};`, { file: 'index.js', runtime: 'nodejs20.x' });
  const host = hostOf([fn], { maxEnvironments: 1 });

  expect(errorOf(await host.invoke('subject', '{}'))).toMatchObject(error);
  expect(errorOf(await host.invoke('subject', '{}'))).toMatchObject(error);
});

test('below nodejs24 a handler that never answers ends in null when its event loop is empty', async () => {
  const fn = await functionOf(`exports.handler = () => { setTimeout(() => {}, 5); return 'ignored'; };`, {
    file: 'index.js',
    runtime: 'nodejs22.x',
  });
  const host = hostOf([fn], { maxEnvironments: 1 });

  expect(await answerOf(host)).toBe(null);
  expect(await answerOf(host)).toBe(null);
});

test('below nodejs24 a callback`s answer waits for the event loop, for ever if need be', async () => {
  const fn = await functionOf(
    `exports.handler = (event, context, callback) => { setInterval(() => {}, 1000); callback(null, 'answer'); };`,
    { file: 'index.js', runtime: 'nodejs22.x', timeoutSeconds: 0.4 },
  );

  expect(errorOf(await hostOf([fn]).invoke('subject', '{}'))).toMatchObject({
    errorType: 'Sandbox.Timedout',
  });
});
