import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { bundling } from '../../lib/bundles.ts';
import { synthesize } from '../../local/cli/synthesize.ts';

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
  'functions/dead-letters/letter.ts',
  'functions/dead-letters/store.ts',
  'functions/shipping/carrier.ts',
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

describe('bundling again', () => {
  const cache = join(root, 'node_modules/.cache/orderly-bundles');
  const made = join(cache, 'email.json');
  const bundle = () => {
    vi.resetModules();
    return import('../../lib/bundles.ts').then(({ bundleOf }) => join(bundleOf('email'), 'index.mjs'));
  };
  const identity = (path: string) => statSync(path).ino;

  it('gives what was made before, where no file has changed', async () => {
    const before = identity(await bundle());
    expect(identity(await bundle())).toBe(before);
  });

  it('makes the same bytes again, where one has', async () => {
    const before = { path: await bundle(), content: readFileSync(await bundle(), 'utf8') };
    const inode = identity(before.path);
    const { inputs, ...others } = JSON.parse(readFileSync(made, 'utf8'));
    expect(Object.keys(inputs)).toContain('functions/email/ses.ts');
    writeFileSync(
      made,
      JSON.stringify({ ...others, inputs: { ...inputs, 'functions/email/ses.ts': 'another' } }),
    );
    const after = await bundle();
    expect(identity(after)).not.toBe(inode);
    expect([after, readFileSync(after, 'utf8')]).toEqual([before.path, before.content]);
  });

  it('makes again what was saved while it was made', async () => {
    await bundle();
    const { common, ...others } = JSON.parse(readFileSync(made, 'utf8'));
    const before = identity(join(others.output, 'index.mjs'));
    writeFileSync(made, JSON.stringify({ ...others, common: `not ${common}` }));
    // Every file was saved after that.
    const clock = vi.spyOn(Date, 'now').mockReturnValue(0);
    onTestFinished(() => clock.mockRestore());
    const meanwhile = identity(await bundle());
    clock.mockRestore();
    const after = identity(await bundle());
    expect(new Set([before, meanwhile, after]).size).toBe(3);
    expect(identity(await bundle())).toBe(after);
  });

  it('refuses a folder without a handler by name', async () => {
    const { bundleOf } = await import('../../lib/bundles.ts');
    expect(() => bundleOf('nobody')).toThrow('functions/nobody has no handler.ts');
  });
});

it('a token for Kafka is signed as the role that Lambda puts into the environment', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'orderly-signer-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const outfile = join(dir, 'signer.mjs');
  await build({
    stdin: { contents: "export { generateAuthToken } from 'aws-msk-iam-sasl-signer-js'", resolveDir: root },
    ...bundling,
    outfile,
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
  const { metafile } = await build({
    ...bundling,
    absWorkingDir: root,
    entryPoints: folders.map((folder) => `functions/${folder}/handler.ts`),
    outdir: 'out',
    write: false,
    metafile: true,
    minify: false,
    logLevel: 'error',
  });
  const shared = new Set<string>();
  for (const { entryPoint, inputs } of Object.values(metafile.outputs)) {
    const own = folders.find((folder) => entryPoint === `functions/${folder}/handler.ts`);
    for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
      const owner = folders.find((folder) => path.startsWith(`functions/${folder}/`));
      if (owner !== undefined && owner !== own && bytesInOutput > 0) shared.add(path);
    }
  }
  expect([...shared].sort()).toEqual(SHARED);
});
