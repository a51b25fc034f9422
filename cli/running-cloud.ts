import type { CloudStatus } from '../local/cloud-status.ts';
import { START } from '../local/command-line.ts';
import { LocalCloudError } from '../local/errors.ts';
import { readRunFile, stateDirOf } from '../local/run-file.ts';

/** A local cloud that answers, and what it says of itself. */
export interface RunningCloud {
  readonly url: string;
  readonly pid: number;
  readonly status: CloudStatus;
}

/** The local cloud that runs for a project; `undefined` if none answers. */
export async function findRunningCloud(projectDir: string): Promise<RunningCloud | undefined> {
  const run = await readRunFile(stateDirOf(projectDir));
  if (run === undefined) return undefined;
  try {
    const response = await fetch(new URL('/_orderly/status', run.url), { signal: AbortSignal.timeout(5000) });
    // The address is plain JSON of this project's own process: the same code wrote it.
    return response.ok ? { ...run, status: (await response.json()) as CloudStatus } : undefined;
  } catch (cause) {
    // Nobody listens any more: that local cloud was killed. A slow one is another matter.
    if (cause instanceof TypeError) return undefined;
    throw new LocalCloudError('NOT_RUNNING', `the local cloud at ${run.url} does not answer`, {
      cause,
      retriable: true,
      remedy: [`Look at process ${run.pid}, or end it and run ${START} again.`],
    });
  }
}

/** As `findRunningCloud`, for commands that need one. Throws `LocalCloudError` `NOT_RUNNING`. */
export async function runningCloud(projectDir: string): Promise<RunningCloud> {
  const found = await findRunningCloud(projectDir);
  if (found) return found;
  throw new LocalCloudError('NOT_RUNNING', 'no local cloud runs in this folder', {
    remedy: [`Start one in another terminal: ${START}`],
  });
}

/** The address of the only API; throws if the app has none. */
export function apiUrl({ status }: RunningCloud): string {
  const [api] = status.apis;
  if (api) return api.url;
  throw new LocalCloudError('CONFIG_INVALID', 'the app has no HTTP API', {
    remedy: [
      'This command places orders through the checkout API; it needs the order system of this project.',
    ],
  });
}
