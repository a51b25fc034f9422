import type { Engine } from './engines/engine.ts';

const LOCALHOST = /^(\w+:\/\/)localhost(?=[:/]|$)/;

/**
 * What a function finds in its environment here and not in the cloud: the addresses of this machine, by the AWS SDK's
 * own variables, and credentials that open nothing.
 *
 * The SDK puts a bucket's name in front of the endpoint's, `bucket.host`, which no name server here knows; where the
 * endpoint is an IP address, it puts it into the path instead. So functions need no `forcePathStyle`, as on AWS, and S3
 * alone gets an address of its own where the endpoint is called `localhost`.
 *
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
 */
export function localEnvironment(
  engine: Engine,
  gatewayUrl: string,
  compileCacheDir: string,
): Readonly<Record<string, string>> {
  return {
    AWS_ENDPOINT_URL: engine.awsEndpoint,
    AWS_ENDPOINT_URL_LAMBDA: gatewayUrl,
    ...(LOCALHOST.test(engine.awsEndpoint) && {
      AWS_ENDPOINT_URL_S3: engine.awsEndpoint.replace(LOCALHOST, '$1127.0.0.1'),
    }),
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    // Environments of one bundle compile it once: https://nodejs.org/api/module.html#module-compile-cache
    NODE_COMPILE_CACHE: compileCacheDir,
  };
}
