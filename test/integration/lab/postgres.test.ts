import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import pg from 'pg';
import { afterEach, expect, it, vi } from 'vitest';
import { type Postgres, startPostgres } from '../../../lab/postgres/postgres.ts';

let ended: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ended.toReversed()) await end();
  ended = [];
  vi.unstubAllEnvs();
});

function folderOf(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `orderly-test-${name}-`));
  ended.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function start(): Promise<Postgres> {
  const postgres = await startPostgres({ folder: folderOf('postgres'), progress: () => undefined });
  ended.push(() => postgres.stop());
  return postgres;
}

it('whoever has no password is kept out, and whoever has it starts no program', async () => {
  const postgres = await start();
  const database = await postgres.database('shop');
  const stranger = new pg.Client({
    host: '127.0.0.1',
    port: database.port,
    user: 'lab',
    password: '',
    database: 'shop',
  });
  await expect(stranger.connect()).rejects.toThrow();
  await expect(database.query("COPY (SELECT 1) TO PROGRAM 'true'")).rejects.toMatchObject({
    // insufficient_privilege, https://www.postgresql.org/docs/18/errcodes-appendix.html
    code: '42501',
  });
});

it('a database of the same name is a new one, though a slot held the old', async () => {
  const postgres = await start();
  const first = await postgres.database('shop');
  await first.query('CREATE TABLE orders (id text)');
  await first.query("SELECT pg_create_logical_replication_slot('kept', 'pgoutput')");
  const second = await postgres.database('shop');
  expect(await second.query('SELECT FROM pg_tables WHERE tablename = $1', ['orders'])).toHaveLength(0);
});

it('it runs where user namespaces are forbidden, for root too, and leaves no copy of itself', async () => {
  const programs = folderOf('programs');
  writeFileSync(join(programs, 'unshare'), '#!/bin/sh\necho "Operation not permitted" >&2\nexit 1\n');
  chmodSync(join(programs, 'unshare'), 0o755);
  vi.stubEnv('PATH', `${programs}${delimiter}${process.env.PATH}`);
  const postgres = await start();
  const [row] = await (await postgres.database('shop')).query('SELECT 1 AS one');
  expect(row).toEqual({ one: 1 });
  await postgres.stop();
  const copies = readdirSync(tmpdir()).filter((entry) =>
    entry.startsWith(`orderly-lab-postgres-${process.pid}-`),
  );
  expect(copies).toEqual([]);
});
