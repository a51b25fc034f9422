import { pathToFileURL } from 'node:url';

/**
 * Loads a bundle as Lambda's runtime does, by import, in a process that has done nothing else; tells how long that took,
 * by the clock and in user and system time.
 */
export async function measure({ path }: { readonly path: string }) {
  const url = pathToFileURL(path).href;
  const cpuBefore = process.cpuUsage();
  const begin = performance.now();
  const { handler } = await import(url);
  const loadMs = performance.now() - begin;
  const { user, system } = process.cpuUsage(cpuBefore);
  if (typeof handler !== 'function') throw new Error(`${path} has no handler`);
  return { loadMs, cpuMs: (user + system) / 1000 };
}
