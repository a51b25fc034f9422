import { table } from '../../local/cli/terminal.ts';
import { range, thousands, two, whole } from '../format.ts';
import { describeMachine, type Machine, machine } from '../machine.ts';
import { type Spread, spread } from '../statistics.ts';
import type { Bundle, Loaded } from './contract.ts';

/** Everything that was measured. */
export interface ColdReport {
  readonly machine: Machine;
  /** Starts of each bundle. */
  readonly starts: number;
  readonly bundles: readonly ColdFiguresOfOne[];
}

interface ColdFiguresOfOne {
  readonly name: string;
  readonly bytes: number;
  readonly loadMs: Spread;
  readonly cpuMs: Spread;
  /** Its load time divided by that of others, round by round. */
  readonly against: Readonly<Record<Rival, Spread>>;
}

/** The bundles that all are compared with. */
const RIVALS = {
  client: 'the plain SDK client',
  usual: 'the usual stack, bundled as ours',
} as const;
type Rival = keyof typeof RIVALS;

/** The report of each bundle's starts, which are in the order of the rounds. */
export function reportOf(figures: ReadonlyMap<Bundle, readonly Loaded[]>): ColdReport {
  const all = [...figures];
  const startsOf = (rival: Rival) => all.find(([{ name }]) => name === RIVALS[rival])?.[1] ?? [];
  const against = (starts: readonly Loaded[], rival: Rival) => {
    const theirs = startsOf(rival);
    return spread(starts.map(({ loadMs }, round) => loadMs / (theirs[round]?.loadMs ?? Number.NaN)));
  };
  return {
    machine: machine(),
    starts: all[0]?.[1].length ?? 0,
    bundles: all.map(([{ name, bytes }, starts]) => ({
      name,
      bytes,
      loadMs: spread(starts.map(({ loadMs }) => loadMs)),
      cpuMs: spread(starts.map(({ cpuMs }) => cpuMs)),
      against: { client: against(starts, 'client'), usual: against(starts, 'usual') },
    })),
  };
}

/** The report as plain text. */
export function describeCold({ machine, starts, bundles }: ColdReport): string {
  const rows = bundles.map(({ name, bytes, loadMs, cpuMs, against }) => [
    name,
    thousands(bytes / 1000),
    range(loadMs, whole),
    range(cpuMs, whole),
    range(against.client, two),
    range(against.usual, two),
  ]);
  const heading = ['', 'bundle kB', 'load ms', 'CPU ms', '/ plain client', '/ usual stack'];
  return `${describeMachine(machine)}\n${starts} starts of each, median (lowest–highest)\n\n${table([heading, ...rows])}`;
}
