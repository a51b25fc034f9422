import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GetObjectCommand, paginateListObjectsV2, S3Client } from '@aws-sdk/client-s3';
import { expect, onTestFinished, test, vi } from 'vitest';
import { checkoutApi, checkoutClient } from '../../../cli/order/checkout-client.ts';
import { localApp, outputNamed } from '../../../local/cli/app.ts';
import { testAssembly } from '../../support/assembly.ts';
import { scan, testClient } from '../../support/dynamodb.ts';
import { orderlyUp, ran } from '../../support/orderly-process.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const DAY_MS = 86_400_000;

const eventually = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: 60_000, interval: 100 });

/** The app in a folder of its own, with its commands, its shipments and the files of its bucket. */
async function running() {
  const cwd = mkdtempSync(join(tmpdir(), 'orderly-manifest-'));
  cpSync(join(root, 'millrace.json'), join(cwd, 'millrace.json'));
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
  const { up, cloud } = await orderlyUp(cwd, testAssembly());
  onTestFinished(() => up.end());
  const { engine, outputs } = cloud.status;
  const dynamodb = testClient(engine.awsEndpoint);
  const s3 = new S3Client({
    endpoint: engine.awsEndpoint,
    region: engine.region,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  onTestFinished(() => s3.destroy());
  const Bucket = outputNamed(outputs, 'ManifestBucket');
  return {
    cwd,
    checkout: checkoutClient(checkoutApi(localApp(cloud))),
    command: (...args: string[]) => ran(args, { cwd }),
    shipments: () => scan(dynamodb, outputNamed(outputs, 'ShipmentsTable')),
    async manifests() {
      const files = new Map<string, string>();
      for await (const { Contents = [] } of paginateListObjectsV2(
        { client: s3 },
        { Bucket, Prefix: 'manifests/' },
      )) {
        for (const { Key = '' } of Contents) {
          const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
          files.set(Key, (await Body?.transformToString()) ?? '');
        }
      }
      return files;
    },
  };
}

test('the shipments of a day are on the manifests of their carriers, and a cancellation after that is too late', {
  timeout: 180_000,
}, async () => {
  const { cwd, checkout, command, shipments, manifests } = await running();
  const { orderIds } = JSON.parse((await command('order', '--count', '12', '--json')).output) as {
    orderIds: string[];
  };
  const [early = '', late = '', other = ''] = orderIds;
  await eventually(async () => expect(await shipments()).toHaveLength(12));
  await checkout.cancel(early);
  await eventually(async () =>
    expect(await shipments()).toContainEqual(
      expect.objectContaining({ orderId: { S: early }, status: { S: 'CANCELLED' } }),
    ),
  );

  const newest =
    (await shipments())
      .map(({ createdAt }) => createdAt?.S ?? '')
      .sort()
      .at(-1) ?? '';
  const day = newest.slice(0, 10);
  const at = `${new Date(Date.parse(day) + DAY_MS).toISOString().slice(0, 10)}T00:15:00Z`;
  const run = await command('schedule', 'run', 'manifest', '--at', at);
  expect(run).toMatchObject({ code: 0, output: expect.stringContaining(`manifests/${day}/`) });

  const written = await manifests();
  const rows = await shipments();
  for (const { orderId, carrier, manifestId } of rows) {
    if (orderId?.S === early) continue;
    expect(manifestId?.S).toBe(`${day}-${carrier?.S}`);
    expect(written.get(`manifests/${day}/${carrier?.S}.csv`)).toContain(`${manifestId?.S},${orderId?.S},`);
  }
  const lines = [...written.values()].flatMap((csv) => csv.trimEnd().split('\r\n').slice(1));
  expect(lines).toHaveLength(11);
  expect(lines.join()).not.toContain(early);
  expect(written.size).toBe(
    new Set(rows.filter(({ manifestId }) => manifestId).map(({ carrier }) => carrier?.S)).size,
  );

  await checkout.cancel(late);
  await eventually(async () =>
    expect(await shipments()).toContainEqual(
      expect.objectContaining({
        orderId: { S: late },
        status: { S: 'LABEL_CREATED' },
        cancelledTooLateAt: { S: expect.any(String) },
      }),
    ),
  );
  expect((await command('schedule', 'run', 'manifest', '--at', at)).code).toBe(0);
  expect(await manifests()).toEqual(written);

  const label = async (...options: string[]) => {
    const { code, output } = await command('label', other, ...options);
    expect({ code, output }).toEqual({ code: 0, output: expect.stringMatching(/\.pdf$/) });
    expect(output).toContain('return address is a sample');
    return readFileSync(output.split('\n').at(-1) ?? '');
  };
  const [pdf, again] = [await label(), await label('--out', 'again.pdf')];
  expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
  expect(Buffer.compare(pdf, again)).toBe(0);
  expect(Buffer.compare(pdf, readFileSync(join(cwd, `${other}.pdf`)))).toBe(0);

  expect(await command('label', early)).toEqual({
    code: 1,
    output: expect.stringContaining('SHIPMENT_CANCELLED'),
  });
  expect(await command('label', `ord_${'0'.repeat(26)}`)).toEqual({
    code: 1,
    output: expect.stringContaining('SHIPMENT_NOT_FOUND'),
  });
  expect((await command('label', 'nonsense')).code).toBe(2);
});
