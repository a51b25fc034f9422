import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { chooseEngine, diagnose, type WantedEngine } from '../../../../local/engines/choose.ts';
import type { EngineAddresses } from '../../../../local/engines/engine.ts';
import { connectExternalEngine } from '../../../../local/engines/external.ts';
import { type ComposeEngine, startComposeEngine } from '../../../support/compose-engine.ts';
import { testEngines } from '../../../support/engines.ts';

const quiet = { log: () => undefined, progress: () => undefined };
const nobody: EngineAddresses = { bootstrapServers: '127.0.0.1:1', awsEndpoint: 'http://127.0.0.1:1' };
const foreign = (): EngineAddresses => {
  const { bootstrapServers, ministack } = testEngines();
  return { bootstrapServers, awsEndpoint: ministack };
};

/** As Docker would run it, on free ports. */
let compose: ComposeEngine;
let dataDir: string;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'orderly-compose-'));
  compose = await startComposeEngine(dataDir);
});

afterAll(async () => {
  await compose.stop();
  await rm(dataDir, { recursive: true });
});

async function choose(wanted: WantedEngine, given: Partial<EngineAddresses>, at: EngineAddresses) {
  const embedded = { dataDir: join(dataDir, 'embedded'), ...quiet };
  const engine = await chooseEngine({ wanted, given, embedded, compose: at });
  onTestFinished(() => engine.stop());
  return engine;
}

it('is adopted on its own port, and runs on when it is let go', async () => {
  const { bootstrapServers, awsEndpoint } = compose;
  const engine = await connectExternalEngine({ given: {}, compose });
  expect(engine).toMatchObject({
    kind: 'external',
    adopted: true,
    bootstrapServers,
    awsEndpoint,
    account: '000000000000',
    region: 'us-east-1',
  });
  await engine.stop();
  expect((await connectExternalEngine({ given: {}, compose })).bootstrapServers).toBe(
    compose.bootstrapServers,
  );
});

it('is not adopted where another broker listens on that port, unless its address was given', async () => {
  await expect(connectExternalEngine({ given: {}, compose: foreign() })).rejects.toMatchObject({
    code: 'ENGINE_NOT_OURS',
  });
  expect(await connectExternalEngine({ given: foreign(), compose })).toMatchObject({
    ...foreign(),
    adopted: false,
  });
  const { dynamodbLocal: awsEndpoint } = testEngines();
  expect(await connectExternalEngine({ given: { awsEndpoint }, compose })).toMatchObject({
    bootstrapServers: compose.bootstrapServers,
    awsEndpoint,
  });
});

it('is reported as unreachable with every address that does not answer', async () => {
  await expect(connectExternalEngine({ given: {}, compose: nobody })).rejects.toMatchObject({
    code: 'ENGINE_UNREACHABLE',
    message: 'No answer from the broker at 127.0.0.1:1 and the AWS endpoint http://127.0.0.1:1.',
  });
});

it('names the variable of the shell because of which it was looked for', async () => {
  const { awsEndpoint } = nobody;
  await expect(choose('auto', { awsEndpoint }, nobody)).rejects.toMatchObject({
    code: 'ENGINE_UNREACHABLE',
    remedy: [
      expect.stringContaining(`because of AWS_ENDPOINT_URL=${awsEndpoint} in this shell`),
      expect.stringContaining('--engine embedded'),
    ],
  });
});

it('is chosen by itself where it runs or an address is given, and else the embedded engine is', async () => {
  const { bootstrapServers, awsEndpoint } = compose;
  expect(await choose('auto', {}, compose)).toMatchObject({
    kind: 'external',
    bootstrapServers,
    awsEndpoint,
  });
  expect(await choose('auto', foreign(), nobody)).toMatchObject({ kind: 'external', ...foreign() });
  const embedded = await choose('auto', {}, foreign());
  expect(embedded.kind).toBe('embedded');
  await embedded.stop();
  expect((await choose('auto', {}, nobody)).kind).toBe('embedded');
});

it('is told from another broker by a diagnosis', async () => {
  const cacheDir = dataDir;
  expect((await diagnose({ cacheDir, compose })).compose.broker).toBe('ours');
  expect((await diagnose({ cacheDir, compose: foreign() })).compose.broker).toBe('another');
});
