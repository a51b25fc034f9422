import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { manifestIdFor, s3ManifestFiles } from '../../../../functions/manifest/files.ts';
import { testEngines } from '../../../support/engines.ts';
import { bucketInMemory } from '../../../support/manifest-world.ts';
import { orderId } from '../../../support/orders.ts';
import { DAY, NEXT_DAY } from '../../../support/shipments.ts';

const [POST, FREIGHT, NEXT] = [
  manifestIdFor(DAY, 'post'),
  manifestIdFor(DAY, 'freight'),
  manifestIdFor(NEXT_DAY, 'post'),
];
const [a, b] = [orderId('a'), orderId('b')];

/** An empty bucket of a name of its own, deleted with what is in it when the test ends. */
async function testBucket(): Promise<{ client: S3Client; bucket: string }> {
  const client = new S3Client({
    endpoint: testEngines().ministack,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  const bucket = `test-${randomUUID()}`;
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  onTestFinished(async () => {
    const { Contents: objects = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket }));
    const Objects = objects.map(({ Key }) => ({ Key }));
    if (Objects.length > 0)
      await client.send(new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects } }));
    await client.send(new DeleteBucketCommand({ Bucket: bucket }));
    client.destroy();
  });
  return { client, bucket };
}

async function inS3() {
  const { client, bucket } = await testBucket();
  return { client, bucket, files: filesIn(client, bucket) };
}

const filesIn = (client: S3Client, bucket: string) =>
  s3ManifestFiles(client, bucket, { sleep, random: Math.random });

describe.each([
  ['in S3', inS3],
  ['in the bucket of other tests', async () => ({ files: filesIn(bucketInMemory().client(), 'manifests') })],
] as const)('the files of manifests %s', (_name, fixture) => {
  it('have the first draft stand', async () => {
    const { files } = await fixture();
    await files.createDraft(POST, [a, b]);
    await files.createDraft(POST, [b]);
    await files.createDraft(FREIGHT, [a]);
    expect(await files.readDraft(POST)).toEqual([a, b]);
    expect(await files.readDraft(FREIGHT)).toEqual([a]);
  });

  it('have one of two drafts stand that are made at once', async () => {
    const { files } = await fixture();
    await Promise.allSettled([files.createDraft(POST, [a]), files.createDraft(POST, [b])]);
    const first = await files.readDraft(POST);
    expect([[a], [b]]).toContainEqual(first);
    await files.createDraft(POST, [a, b]);
    expect(await files.readDraft(POST)).toEqual(first);
  });

  it('are listed by manifest', async () => {
    const { files } = await fixture();
    expect(await files.list()).toEqual({ drafts: new Set(), manifests: new Set() });
    await files.createDraft(POST, [a]);
    await files.createDraft(NEXT, [b]);
    await files.writeManifest(POST, 'csv');
    expect(await files.list()).toEqual({ drafts: new Set([POST, NEXT]), manifests: new Set([POST]) });
  });

  it('know no draft that was not made', async () => {
    const { files } = await fixture();
    await expect(files.readDraft(POST)).rejects.toThrow();
  });
});

it('a manifest is a CSV object by day and carrier; other objects are nobody’s', async () => {
  const { client, bucket, files } = await inS3();
  await client.send(new PutObjectCommand({ Bucket: bucket, Key: 'manifests/readme.txt', Body: 'x' }));
  await files.writeManifest(FREIGHT, 'a,b\r\n');
  const found = await client.send(
    new GetObjectCommand({ Bucket: bucket, Key: 'manifests/2026-03-01/freight.csv' }),
  );
  expect(await found.Body?.transformToString()).toBe('a,b\r\n');
  expect(found.ContentType).toBe('text/csv; charset=utf-8');
  expect((await files.list()).manifests).toEqual(new Set([FREIGHT]));
});
