import { afterEach, expect, test, vi } from 'vitest';
import { dynamoDbClient } from '../../../functions/dynamodb.ts';

afterEach(() => vi.unstubAllEnvs());

test('no middleware of the SDK copies requests and answers for a log', () => {
  vi.stubEnv('AWS_REGION', 'us-east-1');

  const middleware = dynamoDbClient().middlewareStack.identify();

  expect(middleware).not.toEqual([]);
  expect(middleware.filter((name) => /logger/i.test(name))).toEqual([]);
});
