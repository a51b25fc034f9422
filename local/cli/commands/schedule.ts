import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { LocalCloudError } from '../../errors.ts';
import type { RunAnswer, ScheduleStatus } from '../../schedules/schedules.ts';
import { runningCloud } from '../running-cloud.ts';
import { duration, green, printable, red, type Terminal, table } from '../terminal.ts';
import { theOne } from '../the-one.ts';

/** `millrace schedule list`: every schedule with its last and next run. */
export async function listSchedules(
  projectDir: string,
  options: { readonly json: boolean },
  terminal: Terminal,
): Promise<void> {
  const { schedules } = (await runningCloud(projectDir)).status;
  if (options.json) terminal.out(JSON.stringify(schedules));
  else terminal.out(schedules.length === 0 ? 'The app has no schedule.' : describeSchedules(schedules));
}

/** Schedules as a person reads them; times are UTC's. */
export function describeSchedules(schedules: readonly ScheduleStatus[]): string {
  const rows = schedules.map(({ path, expression, enabled, runs, lastRun, nextRun }) => [
    path,
    expression,
    runs,
    minute(lastRun),
    enabled ? minute(nextRun) : 'disabled',
  ]);
  return table([['schedule', 'expression', 'runs', 'last run (UTC)', 'next run (UTC)'], ...rows]);
}

function minute(iso: string | null): string {
  return iso === null ? '–' : iso.slice(0, 16).replace('T', ' ');
}

/**
 * `millrace schedule run <name>`: runs a schedule now, waits for its functions, and tells what they answered.
 *
 * @param name part of a construct path or logical id
 * @param options.at the time that its event tells. @default the time it is
 * @returns whether every function succeeded
 */
export async function runSchedule(
  projectDir: string,
  name: string,
  options: { readonly at?: Date; readonly json: boolean },
  terminal: Terminal,
): Promise<boolean> {
  const { url, status } = await runningCloud(projectDir);
  const schedule = chosen(status.schedules, name);
  const begin = performance.now();
  const run = new URL(`/_millrace/schedules/${encodeURIComponent(schedule.path)}/run`, url);
  if (options.at !== undefined) run.searchParams.set('at', options.at.toISOString());
  // The local cloud of the same version wrote it.
  const answer = JSON.parse(await posted(run)) as RunAnswer;
  if ('message' in answer) throw new LocalCloudError('SCHEDULE_NOT_FOUND', answer.message);

  if (options.json) terminal.out(JSON.stringify(answer));
  else {
    const took = duration(performance.now() - begin);
    for (const { functionName, outcome, errorType, payload } of answer.results) {
      const ended = outcome === 'success' ? green('succeeded') : red(errorType ?? outcome);
      terminal.out(`${schedule.path}: ${functionName} ${ended} (${took})`);
      if (outcome === 'success' && payload !== null && payload !== 'null') {
        terminal.out(`  It answered ${printable(payload)}`);
      }
    }
  }
  return answer.results.every(({ outcome }) => outcome === 'success');
}

/** What is answered to a POST, however long it takes: Node's `fetch` gives up after five minutes, a function may run for 15. */
function posted(url: URL): Promise<string> {
  return new Promise((resolve, reject) => {
    request(url, { method: 'POST' }, (response) => text(response).then(resolve, reject))
      .on('error', reject)
      .end();
  });
}

function chosen(schedules: readonly ScheduleStatus[], name: string): ScheduleStatus {
  const choice = theOne(schedules, name, ({ path, logicalId }) => [path, logicalId]);
  if (choice.kind === 'one') return choice.item;
  const paths = (choice.kind === 'several' ? choice.items : schedules).map(({ path }) => path).join(', ');
  throw new LocalCloudError(
    choice.kind === 'several' ? 'SCHEDULE_AMBIGUOUS' : 'SCHEDULE_NOT_FOUND',
    choice.kind === 'several' ? `${name} may be several schedules` : `there is no schedule ${name}`,
    { remedy: [paths === '' ? 'The app has no schedule.' : `Name one of these: ${paths}`] },
  );
}
