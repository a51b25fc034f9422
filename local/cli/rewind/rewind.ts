import { toRun } from '../../command-line.ts';
import { LocalCloudError } from '../../errors.ts';
import type { MappingApi, MappingConfiguration } from '../mapping-api.ts';
import type { Timing } from '../pacing.ts';
import type { GroupOffsets } from './group-offsets.ts';
import { moves, passedOver, planRewind, type RewindTarget, type Step } from './plan.ts';

const LOOK_EVERY_MS = 100;
/** Members of a mapping that was disabled leave at once; one that was killed is missed after its session, 30 s or so. */
const MEMBERS_LEAVE_WITHIN_MS = 60_000;

const NEVER = new AbortController().signal;

/** A mapping and the group that it reads as. */
export interface Rewindable {
  readonly mapping: MappingConfiguration;
  readonly groupId: string;
  readonly topic: string;
}

/** Where to, and whether records may be passed over on the way, which nobody has handled. */
export interface Wanted {
  readonly to: RewindTarget;
  readonly passOver: boolean;
}

export interface RewindPorts {
  readonly api: MappingApi;
  readonly offsets: GroupOffsets;
  readonly timing: Timing;
  /** Hears what is being done. */
  readonly say: (step: string) => void;
}

/** The steps that lead to the target from where the group is now. Throws `REWIND_REFUSED`. */
export async function stepsTo(
  target: RewindTarget,
  { groupId, topic }: Rewindable,
  offsets: GroupOffsets,
): Promise<readonly Step[]> {
  const plan = planRewind(topic, await offsets.positions(target), target);
  if (plan.kind === 'steps') return plan.steps;
  throw new LocalCloudError('REWIND_REFUSED', `${groupId} can’t be rewound: ${plan.why}`);
}

/** As `stepsTo`; refuses also what passes over records unasked. */
async function stepsAsWanted(
  { to, passOver }: Wanted,
  rewindable: Rewindable,
  offsets: GroupOffsets,
): Promise<readonly Step[]> {
  const steps = await stepsTo(to, rewindable, offsets);
  const records = passedOver(steps);
  if (records === 0n || passOver) return steps;
  throw new LocalCloudError(
    'REWIND_REFUSED',
    `${rewindable.groupId} would pass over ${records} records that it has not handled`,
    { remedy: ['If nobody is to handle them: --pass-over'] },
  );
}

/**
 * Disables the mapping, commits the new offsets, and enables it again if it was.
 *
 *     Enabled ──> Disabled ──> offsets set ──> Enabled
 *                    └────────────┴─ ended here, it stays Disabled: run it again, or enable it
 *
 * @returns what was done, from where the group was when it had stopped, and the mapping as it is then
 */
export async function rewind(
  wanted: Wanted,
  rewindable: Rewindable,
  ports: RewindPorts,
): Promise<{ readonly steps: readonly Step[]; readonly mapping: MappingConfiguration }> {
  const { api, offsets, say } = ports;
  const { groupId } = rewindable;
  // Once more when the mapping has stopped; what is refused now disables nothing.
  await stepsAsWanted(wanted, rewindable, offsets);
  const { State: before, UUID } = await api.settled(rewindable.mapping);
  try {
    if (before === 'Enabled') {
      say('disabling the mapping, and waiting for the invocations in flight');
      await api.settled(await api.setEnabled(UUID, false));
    }
    await untilEmpty(groupId, ports);
    const steps = await stepsAsWanted(wanted, rewindable, offsets);
    if (moves(steps)) {
      say('setting the offsets');
      await offsets.set(steps);
      await expectCommitted(steps, offsets);
    }
    if (before === 'Enabled') say('enabling the mapping');
    const asked = before === 'Enabled' ? await api.setEnabled(UUID, true) : await api.get(UUID);
    return { steps, mapping: await api.settled(asked) };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new LocalCloudError('REWIND_FAILED', `the rewind of ${groupId} was not finished: ${why}`, {
      cause,
      retriable: true,
      remedy: [
        'Its mapping may be disabled, and its offsets may be set. Run the same command again, which shows both;',
        `or let it go on where the group is: ${toRun(`mapping enable ${groupId}`)}`,
      ],
    });
  }
}

async function untilEmpty(groupId: string, { offsets, timing }: RewindPorts): Promise<void> {
  const deadline = timing.now() + MEMBERS_LEAVE_WITHIN_MS;
  for (;;) {
    const members = await offsets.members();
    if (members === 0) return;
    if (timing.now() > deadline) {
      throw new LocalCloudError(
        'MAPPING_IN_USE',
        `${members} members still read as ${groupId}, none of them of this mapping`,
      );
    }
    await timing.sleep(LOOK_EVERY_MS, NEVER);
  }
}

async function expectCommitted(steps: readonly Step[], offsets: GroupOffsets): Promise<void> {
  const positions = await offsets.positions({ kind: 'beginning' });
  const wrong = steps.filter(
    ({ partition, to }) => positions.find((each) => each.partition === partition)?.committed !== to,
  );
  if (wrong.length > 0) {
    const partitions = wrong.map(({ partition }) => partition).join(', ');
    throw new Error(`the broker has other offsets than were set on partitions ${partitions}`);
  }
}
