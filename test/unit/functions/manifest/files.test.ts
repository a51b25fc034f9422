import { S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import {
  dayBefore,
  draftKeyOf,
  endOf,
  fileKeyOf,
  manifestIdFor,
  manifestIdIn,
  s3ManifestFiles,
} from '../../../../functions/manifest/files.ts';
import { CARRIERS } from '../../../../functions/shipping/carrier.ts';
import { orderId } from '../../../support/orders.ts';
import { DAY } from '../../../support/shipments.ts';

it.each([
  ['2026-03-02T00:15:00Z', '2026-03-01'],
  ['2026-03-02T23:59:59.999Z', '2026-03-01'],
  ['2026-03-01T00:00:00Z', '2026-02-28'],
  ['2028-03-01T00:15:00Z', '2028-02-29'],
  ['2027-01-01T00:15:00Z', '2026-12-31'],
])('what fires at %s is about %s', (time, day) => {
  expect(dayBefore(new Date(time))).toBe(day);
});

it('a day ends where the next begins', () => {
  expect(endOf(DAY)).toBe('2026-03-02T00:00:00.000Z');
  expect('2026-03-01T23:59:59.999Z' < endOf(DAY)).toBe(true);
  expect('2026-03-02T00:00:00.000Z' < endOf(DAY)).toBe(false);
});

it.each(CARRIERS)('the objects of %s lead back to their manifest', (carrier) => {
  const id = manifestIdFor(DAY, carrier);
  expect(draftKeyOf(id)).toBe(`drafts/2026-03-01/${carrier}.json`);
  expect(fileKeyOf(id)).toBe(`manifests/2026-03-01/${carrier}.csv`);
  expect([draftKeyOf(id), fileKeyOf(id)].map(manifestIdIn)).toEqual([id, id]);
});

it.each([
  'manifests/',
  'manifests/2026-03-01/',
  'notes/2026-03-01/post.csv',
  'manifests/2026-03-01/post.csv.bak',
])('%s belongs to no manifest', (key) => {
  expect(manifestIdIn(key)).toBeUndefined();
});

const POST = manifestIdFor(DAY, 'post');

/** A bucket that answers puts with these errors, one after the other, and then takes them; what was put, and the waits. */
function bucketThatAnswers(...names: string[]) {
  const puts: unknown[] = [];
  const waits: number[] = [];
  const send = async ({ input }: { input: unknown }) => {
    puts.push(input);
    const name = names.shift();
    if (name === undefined) return {};
    throw new S3ServiceException({ name, $fault: 'client', $metadata: {}, message: name });
  };
  const client: S3Client = Object.create(S3Client.prototype, { send: { value: send } });
  const files = s3ManifestFiles(client, 'manifests', {
    random: () => 0.5,
    sleep: async (ms) => void waits.push(ms),
  });
  return { files, puts, waits };
}

describe('a draft', () => {
  it('is sent again while another one is being written, each time after a longer wait', async () => {
    const conflict = 'ConditionalRequestConflict';
    const { files, puts, waits } = bucketThatAnswers(conflict, conflict, 'PreconditionFailed');
    await files.createDraft(POST, [orderId('a')]);
    expect(puts).toHaveLength(3);
    expect(new Set(puts.map((put) => JSON.stringify(put))).size).toBe(1);
    expect(waits).toEqual([100, 200]);
  });

  it('fails where that does not end', async () => {
    const { files, puts } = bucketThatAnswers(
      ...Array.from({ length: 99 }, () => 'ConditionalRequestConflict'),
    );
    await expect(files.createDraft(POST, [orderId('a')])).rejects.toMatchObject({
      name: 'ConditionalRequestConflict',
    });
    expect(puts).toHaveLength(6);
  });

  it('fails at once for any other reason', async () => {
    const { files, puts } = bucketThatAnswers('AccessDenied');
    await expect(files.createDraft(POST, [orderId('a')])).rejects.toMatchObject({ name: 'AccessDenied' });
    expect(puts).toHaveLength(1);
  });
});
