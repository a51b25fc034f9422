import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { findRunningCloud, runningCloud } from '../../../../local/cli/running-cloud.ts';
import { openPort } from '../../../../local/gateway/loopback.ts';
import { stateDirOf, writeRunFile } from '../../../../local/run-file.ts';

/** A project folder whose local cloud has its port and nothing else yet. */
async function starting() {
  const dir = mkdtempSync(join(tmpdir(), 'orderly-starting-'));
  const port = await openPort(0);
  onTestFinished(async () => {
    await port.close();
    rmSync(dir, { recursive: true, force: true });
  });
  writeRunFile(stateDirOf(dir), { pid: process.pid, url: port.url });
  return { dir, port };
}

it('is said to be starting until it answers, with a way to wait for it', async () => {
  const { dir, port } = await starting();
  await expect(runningCloud(dir)).rejects.toMatchObject({
    code: 'STARTING',
    retriable: true,
    message: expect.stringContaining(port.url),
    remedy: expect.arrayContaining([expect.stringContaining('until npx millrace status')]),
  });
  expect(await findRunningCloud(dir)).toMatchObject({ url: port.url, status: 'starting' });

  port.serve((_request, response) => response.end('{"apis":[]}'));
  expect(await runningCloud(dir)).toMatchObject({ url: port.url, status: { apis: [] } });
});

it('is not taken for one that starts where another server is busy', async () => {
  const { dir, port } = await starting();
  port.serve((_request, response) => response.writeHead(503).end('<html>'));
  await expect(runningCloud(dir)).rejects.toMatchObject({ code: 'NOT_RUNNING' });
});

it('is gone where nobody listens any more', async () => {
  const { dir, port } = await starting();
  await port.close();
  await expect(runningCloud(dir)).rejects.toMatchObject({ code: 'NOT_RUNNING' });
});
