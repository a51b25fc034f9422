import { z } from 'zod';
import type { CloudStatus } from '../cloud-status.ts';
import { toRun, toStart } from '../command-line.ts';
import { LocalCloudError } from '../errors.ts';
import { STARTING } from '../gateway/loopback.ts';
import { readRunFile, stateDirOf } from '../run-file.ts';

/** A local cloud that answers, and what it says of itself. */
export interface RunningCloud {
  readonly url: string;
  readonly pid: number;
  readonly status: CloudStatus;
}

/** A local cloud that answers, though it may not have started yet. */
interface FoundCloud extends Omit<RunningCloud, 'status'> {
  readonly status: CloudStatus | 'starting';
}

const Starting = z.object({ starting: z.literal(STARTING.starting) });

/** The local cloud that runs, or starts, for a project; `undefined` if none answers. */
export async function findRunningCloud(projectDir: string): Promise<FoundCloud | undefined> {
  const run = readRunFile(stateDirOf(projectDir));
  if (run === undefined) return undefined;
  try {
    const response = await fetch(new URL('/_millrace/status', run.url), {
      signal: AbortSignal.timeout(5000),
    });
    const answer: unknown = await response.json().catch(() => undefined);
    if (response.status === 503 && Starting.safeParse(answer).success) return { ...run, status: 'starting' };
    // The address is plain JSON of this project's own process: the same code wrote it.
    return response.ok ? { ...run, status: answer as CloudStatus } : undefined;
  } catch (cause) {
    // Nobody listens any more: that local cloud was killed. A slow one is another matter.
    if (cause instanceof TypeError) return undefined;
    throw new LocalCloudError('NOT_RUNNING', `the local cloud at ${run.url} does not answer`, {
      cause,
      retriable: true,
      remedy: [`Look at process ${run.pid}, or end it and run ${toStart()} again.`],
    });
  }
}

/** As `findRunningCloud`, for commands that need one that has started. Throws `LocalCloudError` `NOT_RUNNING` or `STARTING`. */
export async function runningCloud(projectDir: string): Promise<RunningCloud> {
  const found = await findRunningCloud(projectDir);
  if (found?.status === 'starting') {
    throw new LocalCloudError('STARTING', `the local cloud at ${found.url} is still starting`, {
      retriable: true,
      remedy: [
        'Its own terminal says when it is up. To wait for it:',
        `until ${toRun('status')} > /dev/null 2>&1; do sleep 1; done`,
      ],
    });
  }
  if (found) return { ...found, status: found.status };
  throw new LocalCloudError('NOT_RUNNING', 'no local cloud runs in this folder', {
    remedy: [`Start one in another terminal: ${toStart()}`],
  });
}
