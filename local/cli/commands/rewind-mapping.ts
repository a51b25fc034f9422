import { toRun } from '../../command-line.ts';
import { LocalCloudError } from '../../errors.ts';
import type { AppAddress } from '../app.ts';
import { localApp } from '../app.ts';
import { type MappingConfiguration, sourceOf } from '../mapping-api.ts';
import { namedMapping } from '../named-mapping.ts';
import { realTiming } from '../pacing.ts';
import { groupOffsets } from '../rewind/group-offsets.ts';
import { moves, passedOver, type Step } from '../rewind/plan.ts';
import { type Rewindable, rewind, stepsTo, type Wanted } from '../rewind/rewind.ts';
import { runningCloud } from '../running-cloud.ts';
import { type Terminal, table } from '../terminal.ts';
import { withMappingApi } from './mapping.ts';

export interface RewindOptions extends Wanted {
  readonly execute: boolean;
  readonly json: boolean;
}

/** `millrace mapping rewind <name> --to <where>`: has a consumer group read records again (or pass over some), or says which. */
export async function rewindMapping(
  at: AppAddress,
  name: string,
  { to, passOver, execute, json }: RewindOptions,
  terminal: Terminal,
): Promise<void> {
  const cloud = await runningCloud(at.projectDir);
  const app = localApp(cloud);
  await withMappingApi(app, async (api) => {
    const rewindable = rewindableOf(namedMapping(app, await api.list(), name));
    const { groupId, topic } = rewindable;
    const offsets = groupOffsets(cloud.status.engine.bootstrapServers, groupId, topic);
    const planned = await stepsTo(to, rewindable, offsets);
    const executed = execute && moves(planned);
    const { steps, mapping } = executed
      ? await rewind({ to, passOver }, rewindable, {
          api,
          offsets,
          timing: realTiming,
          say: terminal.progress,
        })
      : { steps: planned, mapping: rewindable.mapping };
    terminal.out(
      json
        ? JSON.stringify({ groupId, topic, executed, state: mapping.State, partitions: steps.map(asJson) })
        : describe({ rewindable, steps, executed, state: mapping.State }),
    );
  });
}

function rewindableOf(mapping: MappingConfiguration): Rewindable {
  const groupId = mapping.AmazonManagedKafkaEventSourceConfig?.ConsumerGroupId;
  const [topic] = mapping.Topics ?? [];
  if (groupId !== undefined && topic !== undefined) return { mapping, groupId, topic };
  throw new LocalCloudError('REWIND_REFUSED', `${sourceOf(mapping)} reads no topic`, {
    remedy: [`Only event source mappings of Kafka topics have offsets: ${toRun('mapping list')}`],
  });
}

interface Described {
  readonly rewindable: Rewindable;
  readonly steps: readonly Step[];
  readonly executed: boolean;
  /** Of the mapping, now. */
  readonly state: string;
}

function describe({ rewindable: { groupId, topic }, steps, executed, state }: Described): string {
  const again = steps.reduce((sum, step) => sum + step.again, 0n);
  const passed = passedOver(steps);
  const passing = passed === 0n ? '' : ` and pass over ${passed}, which nobody handles then`;
  const flags = passed === 0n ? '--execute' : '--execute --pass-over';
  const result = executed
    ? `${groupId} reads ${again} records again; effects that its ledger remembers are not repeated.`
    : moves(steps)
      ? `Nothing was done. To have ${groupId} read ${again} records again${passing}: ${flags}`
      : `${groupId} is not behind its target anywhere: there is nothing to rewind.`;
  return [
    describeSteps(topic, steps),
    '',
    `  ${result}`,
    ...(executed && passed > 0n ? [`  ${passed} records were passed over: nobody has handled them.`] : []),
    ...(state === 'Disabled'
      ? [
          '  The mapping is disabled, by somebody or by a rewind that was ended in the middle; a rewind leaves it so.',
          `  To let it read: ${toRun(`mapping enable ${groupId}`)}`,
        ]
      : []),
  ].join('\n');
}

function describeSteps(topic: string, steps: readonly Step[]): string {
  if (steps.length === 0) return '  The group has committed nothing yet: its starting position decides.';
  return table([
    ['partition', 'committed', 'new', 'read again', 'passed over'],
    ...steps.map(({ partition, committed, to, again, passedOver }) => [
      `${topic}-${partition}`,
      String(committed ?? '–'),
      String(to),
      String(again),
      String(passedOver),
    ]),
  ]);
}

/** Offsets as text: they may be larger than JSON's readers bear. */
function asJson({ partition, committed, to, again, passedOver }: Step): object {
  return {
    partition,
    committed: committed === undefined ? null : String(committed),
    to: String(to),
    again: String(again),
    passedOver: String(passedOver),
  };
}
