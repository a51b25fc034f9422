import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';

const orderly = fileURLToPath(new URL('../../../bin/orderly.js', import.meta.url));

it('says which Node it wants, and how to come by it, where it can`t run', () => {
  const old = `data:text/javascript,Object.defineProperty(process,'versions',{value:{node:'20.20.2'}})`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', old, orderly, 'status'], {
    encoding: 'utf8',
  });
  expect([status, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(/^error orderly runs on Node 24, and this is Node v/);
  expect(stderr).toContain(process.execPath);
  expect(stderr).toContain('npm rebuild node');
  expect(stderr).toContain(
    `From another folder: ${join(dirname(dirname(orderly)), 'node_modules/.bin/node')} ${orderly}`,
  );
  expect(stderr).not.toContain('    at ');
});

it('of the package by itself says it for its own name', () => {
  const old = `data:text/javascript,Object.defineProperty(process,'versions',{value:{node:'22.1.0'}})`;
  const millrace = fileURLToPath(new URL('../../../local/bin/millrace.js', import.meta.url));
  const { status, stderr } = spawnSync(process.execPath, ['--import', old, millrace, 'status'], {
    encoding: 'utf8',
  });
  expect(status).toBe(1);
  expect(stderr).toMatch(/^error millrace runs on Node 24 or newer, and this is Node v/);
});

it('brings a long answer whole through a pipe whose reader is slow', async () => {
  const status = {
    functions: [],
    schedules: Array.from({ length: 40_000 }, (_, at) => ({ path: `App/${at}` })),
  };
  const cloud = createServer((_request, response) => response.end(JSON.stringify(status)));
  cloud.listen(0, '127.0.0.1');
  await once(cloud, 'listening');
  const project = mkdtempSync(join(tmpdir(), 'orderly-pipe-'));
  onTestFinished(() => {
    cloud.close();
    rmSync(project, { recursive: true, force: true });
  });
  const address = cloud.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  mkdirSync(join(project, '.millrace'));
  writeFileSync(
    join(project, '.millrace', 'run.json'),
    JSON.stringify({ pid: process.pid, url: `http://127.0.0.1:${port}` }),
  );

  const child = spawn(process.execPath, [orderly, 'schedule', 'list', '--json'], {
    cwd: project,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exit = once(child, 'exit');
  let answer = '';
  for await (const chunk of child.stdout) {
    answer += chunk;
    await delay(1);
  }
  expect(JSON.parse(answer)).toHaveLength(40_000);
  expect(await exit).toEqual([0, null]);
});
