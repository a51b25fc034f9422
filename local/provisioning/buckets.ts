import { BucketAlreadyOwnedByYou, CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import type { BucketModel } from '../assembly/model.ts';
import { LocalCloudError } from '../errors.ts';

/** Makes the buckets exist; those that do keep their objects. PROVISIONING_FAILED names one that can't be made. */
export async function provisionBuckets(
  endpoint: string,
  region: string,
  buckets: readonly BucketModel[],
): Promise<void> {
  if (buckets.length === 0) return;
  const client = new S3Client({
    endpoint,
    region,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    // The endpoint of an external engine may be a name, and no name server knows the bucket in front of it.
    forcePathStyle: true,
  });
  try {
    await Promise.all(buckets.map((bucket) => provisionBucket(client, bucket)));
  } finally {
    client.destroy();
  }
}

async function provisionBucket(client: S3Client, { name, path }: BucketModel): Promise<void> {
  try {
    await client.send(new CreateBucketCommand({ Bucket: name }));
  } catch (cause) {
    if (cause instanceof BucketAlreadyOwnedByYou) return;
    throw new LocalCloudError('PROVISIONING_FAILED', `Bucket ${name} (${path}) could not be made.`, {
      cause,
    });
  }
}
