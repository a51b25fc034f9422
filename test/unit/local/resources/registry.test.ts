import { expect, test } from 'vitest';
import type { CloudModel } from '../../../../local/assembly/model.ts';
import { modelDifference } from '../../../../local/resources/registry.ts';
import { kafkaMapping } from '../event-sources/fake-mappings.ts';
import { judged } from '../fixtures.ts';
import { functionModel } from '../lambda-api/running-api.ts';

const topic = { logicalId: 'T', path: 'App/T', name: 'orders', partitions: 3, config: {} };

const before: CloudModel = {
  ...judged({}).model,
  functions: [functionModel('a'), functionModel('b')],
  mappings: [kafkaMapping('m')],
  topics: [topic],
};

test('the same app again is no difference', () => {
  expect(modelDifference(before, structuredClone(before))).toEqual({ replaceable: [], restart: [] });
});

test.each([
  ['code', { codeDir: '/code/new' }],
  ['settings', { timeoutSeconds: 9, environment: { A: '1' } }],
])('a function with other %s is replaceable and needs no restart', (_what, change) => {
  const changed = functionModel('b', change);
  const after = { ...before, functions: [functionModel('a'), changed] };
  expect(modelDifference(before, after)).toEqual({ replaceable: [changed], restart: [] });
});

test('whatever else has come, gone or changed is named by kind and path', () => {
  const after: CloudModel = {
    ...before,
    functions: [functionModel('a'), { ...functionModel('renamed'), path: 'App/b' }, functionModel('c')],
    mappings: [],
    topics: [
      { ...topic, partitions: 4 },
      { ...topic, path: 'App/U', name: 'more' },
    ],
    buckets: [{ logicalId: 'B', path: 'App/B', name: 'files' }],
  };
  expect(modelDifference(before, after)).toEqual({
    replaceable: [],
    restart: [
      'function App/b has changed',
      'function App/c is new',
      'event source mapping App/m is gone',
      'topic App/T has changed',
      'topic App/U is new',
      'bucket App/B is new',
    ],
  });
});
