import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { synthesize } from '../../cli/synthesize.ts';
import { bundling } from '../../lib/node-function.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/**
 * kB of 1,000 bytes that a function may load at a cold start, by construct. Measured, November 2026: checkout 378, relay 691, email 477,
 * shipping 386, manifest 513, collector 337. Of each, the AWS SDK takes about 200 and zod 90; kafkajs takes 270 of the relay.
 */
const LIMITS_KB = {
  Checkout: 450,
  Relay: 800,
  Email: 500,
  Shipping: 450,
  'Manifests/Manifest': 600,
  DeadLetterCollector: 450,
};

/** Parts of a function that another one shares, on purpose: who changes these changes the other as well. */
const SHARED = [
  'functions/dead-letters/fit.ts',
  'functions/dead-letters/letter.ts',
  'functions/dead-letters/store.ts',
  'functions/dead-letters/upsert.ts',
  'functions/shipping/carrier.ts',
  'functions/shipping/shipment-item.ts',
  'functions/shipping/shipments.ts',
];

describe('the bundles', { timeout: 180_000 }, () => {
  const app = mkdtempSync(join(tmpdir(), 'orderly-bundles-'));
  beforeAll(() => synthesize(root, app), 180_000);
  afterAll(() => rmSync(app, { recursive: true, force: true }));

  it('are as small as they have been measured', () => {
    const { Resources } = JSON.parse(readFileSync(join(app, 'orderly-orders.template.json'), 'utf8'));
    const functions = Object.values<{ Type: string; Metadata?: Record<string, string> }>(Resources).filter(
      ({ Type }) => Type === 'AWS::Lambda::Function',
    );
    for (const [construct, limit] of Object.entries(LIMITS_KB)) {
      const found = functions.find(
        ({ Metadata }) => Metadata?.['aws:cdk:path'] === `orderly-orders/${construct}/Function/Resource`,
      );
      const { size } = statSync(join(app, found?.Metadata?.['aws:asset:path'] ?? '', 'index.mjs'));
      expect([construct, size / 1000 <= limit ? 'small' : size]).toEqual([construct, 'small']);
      // Half as large would be another thing to know: then the limit has become meaningless.
      expect([construct, size / 1000 > limit / 2 ? 'measured' : size]).toEqual([construct, 'measured']);
    }
  });
});

it('a token for Kafka is signed as the role that Lambda puts into the environment', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'orderly-signer-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const outfile = join(dir, 'signer.mjs');
  const [alias] = Object.entries(bundling.esbuildArgs ?? {}).filter(([name]) => name.endsWith('providers'));
  await build({
    stdin: { contents: "export { generateAuthToken } from 'aws-msk-iam-sasl-signer-js'", resolveDir: root },
    alias: { '@aws-sdk/credential-providers': String(alias?.[1]) },
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    mainFields: [...(bundling.mainFields ?? [])],
    banner: { js: bundling.banner ?? '' },
    logLevel: 'error',
  });
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'ASIAROLE');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  vi.stubEnv('AWS_SESSION_TOKEN', 'session');
  onTestFinished(() => void vi.unstubAllEnvs());
  const { generateAuthToken } = await import(outfile);
  const { token } = await generateAuthToken({ region: 'eu-west-1' });
  const url = new URL(Buffer.from(token, 'base64url').toString('utf8'));
  expect(url.hostname).toBe('kafka.eu-west-1.amazonaws.com');
  expect(url.searchParams.get('Action')).toBe('kafka-cluster:Connect');
  expect(url.searchParams.get('X-Amz-Credential')).toMatch(/^ASIAROLE\//);
  expect(url.searchParams.get('X-Amz-Security-Token')).toBe('session');
});

it('a change in one function changes the bundle of that function alone', async () => {
  const folders = readdirSync(join(root, 'functions')).filter((folder) =>
    existsSync(join(root, 'functions', folder, 'handler.ts')),
  );
  expect(folders.length).toBeGreaterThanOrEqual(6);
  const shared = new Set<string>();
  for (const folder of folders) {
    const { metafile } = await build({
      absWorkingDir: root,
      entryPoints: [`functions/${folder}/handler.ts`],
      bundle: true,
      write: false,
      metafile: true,
      platform: 'node',
      format: 'esm',
      mainFields: ['module', 'main'],
      logLevel: 'error',
    });
    const [output] = Object.values(metafile.outputs);
    for (const [path, { bytesInOutput }] of Object.entries(output?.inputs ?? {})) {
      const owner = folders.find((other) => path.startsWith(`functions/${other}/`));
      if (owner !== undefined && owner !== folder && bytesInOutput > 0) shared.add(path);
    }
  }
  expect([...shared].sort()).toEqual(SHARED);
});
