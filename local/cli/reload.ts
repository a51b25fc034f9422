import type { Assembly } from '../assembly/assembly.ts';
import type { LocalCloud } from '../cloud.ts';
import { LocalCloudError } from '../errors.ts';
import { duration } from './terminal.ts';

/** Where a reload tells what it has done, and what is wrong. */
export interface ReloadTerminal {
  say(text: string): void;
  complain(text: string): void;
}

/**
 * Brings a running local cloud to what its sources are now. Whatever is wrong with them is said, and the old code goes on.
 */
export async function reload(
  cloud: Pick<LocalCloud, 'reload'>,
  loadAssembly: () => Promise<Assembly>,
  { say, complain }: ReloadTerminal,
): Promise<void> {
  const begin = performance.now();
  try {
    const { replaced, broken, restart } = await cloud.reload(await loadAssembly());
    const took = duration(performance.now() - begin);
    say(
      replaced.length > 0
        ? `new code of ${replaced.join(', ')} (${took})`
        : `no function has changed (${took})`,
    );
    for (const { functionName, errorType, errorMessage } of broken) {
      complain(`${functionName} does not load: ${errorType}: ${errorMessage}`);
    }
    if (restart.length > 0) complain(`restart needed: ${restart.join(', ')}`);
  } catch (error) {
    const remedy = error instanceof LocalCloudError ? error.remedy : [];
    const message = error instanceof Error ? error.message : String(error);
    complain([message, ...remedy, 'The old code goes on.'].join('\n  '));
  }
}
