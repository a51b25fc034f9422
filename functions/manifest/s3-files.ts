import {
  GetObjectCommand,
  PutObjectCommand,
  paginateListObjectsV2,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import * as z from 'zod';
import { type Backoff, fullJitter, type Waiting } from '../backoff.ts';
import { awsClient } from '../deadline.ts';
import { OrderId } from '../orders/ids.ts';
import { draftKeyOf, fileKeyOf, type ManifestId, manifestIdIn } from './manifest-id.ts';
import type { ManifestFiles } from './write-manifests.ts';

/** The S3 client of a function: attempts of 20 seconds, since a manifest may be some megabytes. */
export function s3Client(): S3Client {
  return awsClient(S3Client, { attempts: 3, attemptMs: 20_000, callMs: 60_000 });
}

/** A draft that meets another one being written is written again so often, within some 10 seconds. */
const ATTEMPTS = 6;
const BACKOFF: Backoff = { baseMs: 200, capMs: 5_000 };

const Draft = z.object({ orderIds: z.array(OrderId) });

/**
 * Drafts and manifests in an S3 bucket, `drafts/<day>/<carrier>.json` and `manifests/<day>/<carrier>.csv`. S3 reads and
 * lists what was written a moment before: https://docs.aws.amazon.com/AmazonS3/latest/userguide/Welcome.html#ConsistencyModel
 */
export function s3ManifestFiles(
  client: S3Client,
  bucket: string,
  { sleep, random }: Pick<Waiting, 'sleep' | 'random'>,
): ManifestFiles {
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
      // https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html: 412 where there is one; 409 where
      // another request to the key is under way, and then this one is to be sent again.
      const draft = {
        Bucket: bucket,
        Key: draftKeyOf(manifestId),
        Body: JSON.stringify({ orderIds }),
        ContentType: 'application/json',
        IfNoneMatch: '*',
      };
      for (let attempt = 1; ; attempt++) {
        try {
          await client.send(new PutObjectCommand(draft));
          return;
        } catch (error) {
          if (!(error instanceof S3ServiceException)) throw error;
          if (error.name === 'PreconditionFailed') return;
          if (error.name !== 'ConditionalRequestConflict' || attempt === ATTEMPTS) throw error;
          await sleep(fullJitter(BACKOFF, attempt, random));
        }
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
