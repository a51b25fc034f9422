import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { cached, cacheFolder, isCached } from '../../../../local/engines/install.ts';

async function emptyCache(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'orderly-cache-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

const installing = (content: string) => async (folder: string) => writeFile(join(folder, 'jar'), content);
const never = async () => Promise.reject(new Error('was installed already'));

describe('the cache folder', () => {
  it('is what MILLRACE_CACHE says, else the XDG cache, else ~/.cache/millrace', () => {
    expect(cacheFolder({ MILLRACE_CACHE: '/a', XDG_CACHE_HOME: '/b' })).toBe('/a');
    expect(cacheFolder({ XDG_CACHE_HOME: '/b' })).toBe('/b/millrace');
    expect(cacheFolder({ XDG_CACHE_HOME: 'relative' })).toBe(join(homedir(), '.cache', 'millrace'));
    expect(cacheFolder({})).toBe(join(homedir(), '.cache', 'millrace'));
  });
});

describe('a cached part', () => {
  it('is installed once', async () => {
    const cache = join(await emptyCache(), 'made', 'when', 'missing');
    const folder = await cached(cache, 'kafka-1', installing('one'));
    expect(await cached(cache, 'kafka-1', never)).toBe(folder);
    expect(await readFile(join(folder, 'jar'), 'utf8')).toBe('one');
    expect(isCached(cache, 'kafka-1')).toBe(true);
    expect(isCached(cache, 'kafka-2')).toBe(false);
  });

  it('leaves nothing behind when its installation fails', async () => {
    const cache = await emptyCache();
    const half = async (folder: string) => {
      await installing('half')(folder);
      throw new Error('network');
    };
    await expect(cached(cache, 'kafka-1', half)).rejects.toThrow('network');
    expect(await readdir(cache)).toEqual([]);
  });

  it('is whole for both when two install it at once', async () => {
    const cache = await emptyCache();
    const folders = await Promise.all([
      cached(cache, 'kafka-1', installing('one')),
      cached(cache, 'kafka-1', installing('two')),
    ]);
    expect(new Set(folders).size).toBe(1);
    expect(['one', 'two']).toContain(await readFile(join(cache, 'kafka-1', 'jar'), 'utf8'));
    expect(await readdir(cache)).toEqual(['kafka-1']);
  });

  it('replaces a folder that no installer finished', async () => {
    const cache = await emptyCache();
    await mkdir(join(cache, 'kafka-1'));
    await writeFile(join(cache, 'kafka-1', 'part'), '');
    await cached(cache, 'kafka-1', installing('whole'));
    expect((await readdir(join(cache, 'kafka-1'))).toSorted()).toEqual(['.complete', 'jar']);
  });

  it('clears away what killed installers left, and nothing of those at work', async () => {
    const cache = await emptyCache();
    // No pid reaches 2^22 on Linux, nor 99999 on macOS.
    const abandoned = join(cache, '.kafka-1.9999999.abc');
    const atWork = join(cache, `.kafka-1.${process.ppid}.abc`);
    await Promise.all([mkdir(abandoned), mkdir(atWork)]);
    await cached(cache, 'kafka-1', installing('one'));
    expect([existsSync(abandoned), existsSync(atWork)]).toEqual([false, true]);
  });
});
