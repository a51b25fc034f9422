/**
 * What a process of the app begins with, by `--import`, where its syntheses are prepared (`syntheses`): it loads of CDK what the
 * synthesis before it has loaded, and waits until it is told that there is something to synthesize. Nothing of the app is read
 * before that.
 *
 *     <folder>/loaded.json    CDK's modules, as the last synthesis has loaded them
 *     <folder>/<n>/go         the n-th may go on
 *
 * As it is in every process that the app's command starts, it imports as little as it can.
 */
import { existsSync, readFileSync, watch, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const told = process.env.MILLRACE_STAND_BY ?? '';
const go = join(told, 'go');
const list = join(told, '../loaded.json');
const require = createRequire(import.meta.url);
/** Of other packages nobody knows what they read when they are loaded: a `.env` that is about to change, for example. */
const ofCdk = /[/\\]node_modules[/\\](aws-cdk-lib|constructs)[/\\]/;

if (!existsSync(go)) {
  for (const path of loadedBefore()) {
    try {
      require(path);
    } catch {
      // What is wrong with it is said by the app that needs it.
    }
  }
  await untilTold();
}
process.once('exit', () => {
  const loaded = Object.keys(require.cache).filter((path) => ofCdk.test(path));
  try {
    if (loaded.length > 0) writeFileSync(list, JSON.stringify(loaded));
  } catch {
    // The app has done its work; the next synthesis begins with less.
  }
});

function loadedBefore(): readonly string[] {
  try {
    return JSON.parse(readFileSync(list, 'utf8'));
  } catch {
    // There was none yet, or it was ended as it wrote.
    return [];
  }
}

function untilTold(): Promise<void> {
  return new Promise((resolve) => {
    const watcher = watch(told, goOn);
    goOn();
    function goOn(): void {
      if (!existsSync(go)) return;
      watcher.close();
      resolve();
    }
  });
}
