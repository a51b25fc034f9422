import { randomUUID } from 'node:crypto';
import {
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { expect, it, onTestFinished } from 'vitest';
import { provision } from '../../../../local/resources/registry.ts';
import { provisioningEngine, testEngines } from '../../../support/engines.ts';

const region = 'us-east-1';
const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };

it('buckets are made, and keep their objects when made again', async () => {
  const endpoint = testEngines().ministack;
  const client = new S3Client({ endpoint, region, credentials });
  const name = `bucket-${randomUUID()}`;
  const object = { Bucket: name, Key: 'a/b.txt' };
  onTestFinished(async () => {
    await client.send(new DeleteObjectCommand(object));
    await client.send(new DeleteBucketCommand({ Bucket: name }));
    client.destroy();
  });
  const model = { logicalId: 'Files', path: 'Stack/Files', name };

  await provision(provisioningEngine(), { buckets: [model] });
  await client.send(new PutObjectCommand({ ...object, Body: 'kept' }));
  await provision(provisioningEngine(), { buckets: [model] });
  expect(await (await client.send(new GetObjectCommand(object))).Body?.transformToString()).toBe('kept');
});

it('a bucket that can’t be made is named', async () => {
  const model = { logicalId: 'Files', path: 'Stack/Files', name: 'NotAllowed' };
  await expect(provision(provisioningEngine(), { buckets: [model] })).rejects.toMatchObject({
    code: 'PROVISIONING_FAILED',
    message: 'Bucket NotAllowed (Stack/Files) could not be made.',
  });
});
