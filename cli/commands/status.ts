import type { CloudStatus } from '../../local/cloud-status.ts';
import { runningCloud } from '../running-cloud.ts';
import { bold, duration, type Terminal, table } from '../terminal.ts';
import { describeSchedules } from './schedule.ts';

/** `orderly status`: every mapping with its lag, every schedule, every function with its figures. */
export async function status(
  projectDir: string,
  options: { json: boolean },
  terminal: Terminal,
): Promise<void> {
  const { status: found } = await runningCloud(projectDir);
  terminal.out(options.json ? JSON.stringify(found, null, 2) : describeStatus(found));
}

/** The status as a person reads it. */
function describeStatus({ engine, mappings, schedules, functions }: CloudStatus): string {
  const mappingRows = mappings.map((mapping) => [
    mapping.source,
    mapping.state,
    mapping.partitions.map(({ partition, lag }) => `${partition}: ${lag ?? '–'}`).join('  '),
    mapping.delivered,
    mapping.deadLettered + mapping.dropped,
    mapping.lastProcessingResult,
  ]);
  const functionRows = functions.map((fn) => [
    fn.path,
    fn.invocations,
    fn.errors,
    fn.invocations === 0 ? '–' : duration(fn.p50Ms),
    fn.invocations === 0 ? '–' : duration(fn.p95Ms),
    fn.environments,
  ]);
  return [
    `${bold('Engine')}  ${engine.kind}: Kafka ${engine.bootstrapServers}, AWS ${engine.awsEndpoint}`,
    '',
    bold('Event source mappings'),
    table([['source', 'state', 'lag per partition', 'delivered', 'given up', 'last result'], ...mappingRows]),
    '',
    ...(schedules.length === 0 ? [] : [bold('Schedules'), describeSchedules(schedules), '']),
    bold('Functions'),
    table([['function', 'invocations', 'errors', 'p50', 'p95', 'environments'], ...functionRows]),
  ].join('\n');
}
