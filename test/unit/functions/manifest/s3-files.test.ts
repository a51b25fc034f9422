import { S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { manifestIdFor } from '../../../../functions/manifest/files.ts';
import { s3ManifestFiles } from '../../../../functions/manifest/files.ts';
import { DAY } from '../../../support/manifest-world.ts';
import { orderId } from '../../../support/orders.ts';

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
