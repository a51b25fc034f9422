import { S3Client } from '@aws-sdk/client-s3';

/**
 * The S3 client of a function: endpoint, region and credentials come from the environment. Three attempts of 30 seconds,
 * since a manifest may be some megabytes.
 */
export function s3Client(): S3Client {
  return new S3Client({
    maxAttempts: 3,
    retryMode: 'standard',
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 30_000, throwOnRequestTimeout: true },
  });
}
