/** The two files of a manifest: which day and carrier they are of, where they lie, and S3. */
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
import type { Carrier } from '../shipping/carrier.ts';

/** `<UTC day>-<carrier>`, e.g. `2026-03-01-post`: a carrier gets one manifest a day at most. */
export const ManifestId = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}-[a-z-]+$/)
  .brand<'ManifestId'>();
export type ManifestId = z.infer<typeof ManifestId>;

/** A day of UTC, `2026-03-01`. */
export type UtcDay = string & { readonly __utcDay: never };

const DAY_MS = 86_400_000;

/** The day before the one that a time lies in: what a schedule that fires after midnight is about. */
export function dayBefore(time: Date): UtcDay {
  return dayOf(time.getTime() - DAY_MS);
}

/** The first moment that is not of the day any more. Times in ISO 8601 compare as texts. */
export function endOf(day: UtcDay): string {
  return new Date(Date.parse(day) + DAY_MS).toISOString();
}

export function manifestIdFor(day: UtcDay, carrier: Carrier): ManifestId {
  return ManifestId.parse(`${day}-${carrier}`);
}

function dayOf(epochMs: number): UtcDay {
  return new Date(epochMs).toISOString().slice(0, 10) as UtcDay;
}

/** The two objects of a manifest in the bucket. */
export function draftKeyOf(id: ManifestId): string {
  return `drafts/${pathOf(id)}.json`;
}
export function fileKeyOf(id: ManifestId): string {
  return `manifests/${pathOf(id)}.csv`;
}

/** The manifest that an object belongs to; `undefined` for what somebody else put there. */
export function manifestIdIn(key: string): ManifestId | undefined {
  const [, day, carrier] =
    /^(?:drafts|manifests)\/(\d{4}-\d{2}-\d{2})\/([a-z-]+)\.(?:json|csv)$/.exec(key) ?? [];
  return day === undefined ? undefined : ManifestId.parse(`${day}-${carrier}`);
}

/** `<day>/<carrier>` */
function pathOf(id: ManifestId): string {
  return `${id.slice(0, 10)}/${id.slice(11)}`;
}

/** Drafts and manifests, a file each. */
export interface ManifestFiles {
  readonly list: () => Promise<{
    readonly drafts: ReadonlySet<ManifestId>;
    readonly manifests: ReadonlySet<ManifestId>;
  }>;
  /** Keeps a draft, unless there is one: the first stands. */
  readonly createDraft: (manifestId: ManifestId, orderIds: readonly OrderId[]) => Promise<void>;
  /** The draft that stands. */
  readonly readDraft: (manifestId: ManifestId) => Promise<readonly OrderId[]>;
  readonly writeManifest: (manifestId: ManifestId, csv: string) => Promise<void>;
}

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
