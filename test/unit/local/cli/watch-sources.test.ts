import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { watchSources } from '../../../../local/cli/watch-sources.ts';

/** An empty project. It lies below a folder with one of the names that are left out, as a project may. */
function project(): string {
  const dir = join(mkdtempSync(join(tmpdir(), 'orderly-sources-')), 'dist', 'project');
  onTestFinished(() => rmSync(join(dir, '../..'), { recursive: true, force: true }));
  for (const folder of [
    'src/deep',
    'node_modules/a',
    'packages/b/node_modules',
    'cdk.out',
    '.millrace',
    '.git',
  ]) {
    mkdirSync(join(dir, folder), { recursive: true });
  }
  return dir;
}

/** A watched project; each call lasts until `end`. */
function watched(dir = project()) {
  const ends: (() => void)[] = [];
  let [calls, running] = [0, 0];
  const together: number[] = [];
  const watcher = watchSources(
    dir,
    async () => {
      calls += 1;
      running += 1;
      together.push(running);
      await new Promise<void>((resolve) => ends.push(resolve));
      running -= 1;
    },
    (error) => {
      throw error;
    },
  );
  onTestFinished(() => watcher.stop());
  return {
    watcher,
    together,
    calls: () => calls,
    end: () => ends.shift()?.(),
    write: (path: string) => writeFileSync(join(dir, path), String(Math.random())),
    mkdir: (path: string) => mkdirSync(join(dir, path)),
  };
}

const until = (condition: () => boolean) => vi.waitUntil(condition, { timeout: 5_000, interval: 10 });

test('many changes at once are one, in new folders too', async () => {
  const { write, mkdir, calls, end } = watched();
  for (let n = 0; n < 20; n += 1) write(`src/deep/file-${n}.ts`);
  await until(() => calls() === 1);
  end();

  mkdir('src/new');
  await until(() => calls() === 2);
  end();
  write('src/new/file.ts');
  await until(() => calls() === 3);
  end();
});

test('what changes meanwhile is seen afterwards, never at the same time', async () => {
  const dir = project();
  const { write, calls, end, together } = watched(dir);
  write('src/a.ts');
  await until(() => calls() === 1);
  const witness = watched(dir);
  write('src/b.ts');
  await until(() => witness.calls() === 1);
  expect(calls()).toBe(1);

  end();

  await until(() => calls() === 2);
  end();
  expect(together).toEqual([1, 1]);
});

test('what tools write is no change', async () => {
  const { write, calls } = watched();
  for (const folder of ['node_modules/a', 'packages/b/node_modules', 'cdk.out', '.millrace', '.git']) {
    write(`${folder}/file`);
  }
  await expect(vi.waitUntil(() => calls() > 0, { timeout: 500 })).rejects.toThrow();

  write('src/a.ts');
  await until(() => calls() === 1);
});

test('after its stop nothing is called', async () => {
  const dir = project();
  const { write, calls, watcher } = watched(dir);
  const witness = watched(dir);
  write('src/a.ts');
  watcher.stop();
  await until(() => witness.calls() === 1);
  expect(calls()).toBe(0);
});
