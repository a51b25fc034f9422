import { expect, it } from 'vitest';
import { localEnvironment } from '../../../local/function-environment.ts';

const s3At = (awsEndpoint: string) =>
  localEnvironment(
    {
      kind: 'external',
      adopted: false,
      bootstrapServers: '127.0.0.1:9092',
      awsEndpoint,
      account: '000000000000',
      region: 'us-east-1',
      exited: new Promise(() => undefined),
      stop: async () => undefined,
    },
    'http://127.0.0.1:4000',
    '/cache',
  ).AWS_ENDPOINT_URL_S3;

it.each([
  ['http://localhost:4566', 'http://127.0.0.1:4566'],
  ['http://localhost', 'http://127.0.0.1'],
  ['https://localhost/aws', 'https://127.0.0.1/aws'],
])('S3 at %s is reached at %s, where the SDK puts the bucket into the path', (endpoint, expected) => {
  expect(s3At(endpoint)).toBe(expected);
});

it.each(['http://127.0.0.1:4566', 'http://localhost.example:4566', 'http://aws:4566'])(
  'S3 at %s is left to the endpoint of all services, or to what millrace.json says',
  (endpoint) => {
    expect(s3At(endpoint)).toBeUndefined();
  },
);
