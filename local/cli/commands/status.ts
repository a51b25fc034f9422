import type { CloudStatus } from '../../cloud-status.ts';
import { type AppAddress, appAt } from '../app.ts';
import { runningCloud } from '../running-cloud.ts';
import { bold, duration, type Terminal, table } from '../terminal.ts';
import { describeMappings, mappingsOf } from './mapping.ts';
import { describeSchedules } from './schedule.ts';

/**
 * `millrace status`: every mapping with its lag, every schedule, every function with its figures. Of a deployed stack it
 * says what the Lambda API and the stack's outputs say.
 */
export async function status(
  at: AppAddress,
  options: { readonly json: boolean },
  terminal: Terminal,
): Promise<void> {
  if (at.stack !== undefined) return deployedStatus(at, options, terminal);
  const { status: found } = await runningCloud(at.projectDir);
  terminal.out(options.json ? JSON.stringify(found, null, 2) : describeStatus(found));
}

async function deployedStatus(
  at: AppAddress,
  options: { readonly json: boolean },
  terminal: Terminal,
): Promise<void> {
  const app = await appAt(at);
  const mappings = await mappingsOf(app);
  if (options.json) return terminal.out(JSON.stringify({ app: app.name, mappings, outputs: app.outputs }));
  terminal.out(
    [
      bold(app.name),
      '',
      bold('Event source mappings'),
      describeMappings(app, mappings),
      '',
      bold('Outputs'),
      table([['output', 'value'], ...Object.entries(app.outputs)]),
      '',
      '  Not shown, since neither API tells: lag, figures of functions, schedules. The dashboard in CloudWatch has them.',
    ].join('\n'),
  );
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
