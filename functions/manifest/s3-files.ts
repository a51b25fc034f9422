import {
  GetObjectCommand,
  PutObjectCommand,
  paginateListObjectsV2,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import * as z from 'zod';
import { OrderId } from '../orders/ids.ts';
import { draftKeyOf, fileKeyOf, type ManifestId, manifestIdIn } from './manifest-id.ts';
import type { ManifestFiles } from './ports.ts';

const Draft = z.object({ orderIds: z.array(OrderId) });

/**
 * Drafts and manifests in an S3 bucket, `drafts/<day>/<carrier>.json` and `manifests/<day>/<carrier>.csv`. S3 reads and
 * lists what was written a moment before: https://docs.aws.amazon.com/AmazonS3/latest/userguide/Welcome.html#ConsistencyModel
 */
export function s3ManifestFiles(client: S3Client, bucket: string): ManifestFiles {
  async function idsUnder(prefix: string): Promise<ReadonlySet<ManifestId>> {
    const ids = new Set<ManifestId>();
    for await (const { Contents: objects = [] } of paginateListObjectsV2(
      { client },
      { Bucket: bucket, Prefix: prefix },
    )) {
      for (const { Key: key = '' } of objects) {
        const id = manifestIdIn(key);
        if (id !== undefined) ids.add(id);
      }
    }
    return ids;
  }
  return {
    async list() {
      // In this order: what is finished in between is in the second list, wherever its draft is.
      const drafts = await idsUnder('drafts/');
      return { drafts, manifests: await idsUnder('manifests/') };
    },

    async createDraft(manifestId, orderIds) {
      try {
        await client.send(
          new PutObjectCommand({
            Bucket: bucket,
            Key: draftKeyOf(manifestId),
            Body: JSON.stringify({ orderIds }),
            ContentType: 'application/json',
            // https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
            IfNoneMatch: '*',
          }),
        );
      } catch (error) {
        if (error instanceof S3ServiceException && error.name === 'PreconditionFailed') return;
        throw error;
      }
    },

    async readDraft(manifestId) {
      const { Body } = await client.send(
        new GetObjectCommand({ Bucket: bucket, Key: draftKeyOf(manifestId) }),
      );
      return Draft.parse(JSON.parse((await Body?.transformToString()) ?? '')).orderIds;
    },

    async writeManifest(manifestId, csv) {
      await client.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: fileKeyOf(manifestId),
          Body: csv,
          ContentType: 'text/csv; charset=utf-8',
        }),
      );
    },
  };
}
