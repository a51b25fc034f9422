import { table } from '../../local/cli/terminal.ts';
import { range, thousands, three, two } from '../format.ts';
import { describeMachine, type Machine, machine } from '../machine.ts';
import { type Spread, spread } from '../statistics.ts';
import { BATCH_SIZE, EVENTS, type RelayContender, type RelayResult } from './contract.ts';
import type { RelayFigures } from './measure.ts';

/** Everything that was measured. */
export interface RelayReport {
  readonly machine: Machine;
  /** Events in one batch. */
  readonly batchSize: number;
  readonly events: typeof EVENTS;
  readonly engines: readonly EngineReport[];
}

interface EngineReport {
  readonly engine: string;
  readonly contenders: readonly (Readonly<Record<keyof RelayResult, Spread>> & {
    readonly name: RelayContender;
  })[];
  /** The relay's events a second divided by those of the slower one of the two, round by round. */
  readonly ofTheSlower: Spread;
  /**
   * The same, divided by what one after the other allows: a batch takes as long as its reads and deletes and its produce
   * request together.
   */
  readonly ofBothInTurn: Spread;
}

export function reportOf(figures: RelayFigures): RelayReport {
  return {
    machine: machine(),
    batchSize: BATCH_SIZE,
    events: EVENTS,
    engines: [...figures].map(([engine, results]) => {
      const rates = (name: RelayContender) =>
        (results.get(name) ?? []).map(({ eventsPerSecond }) => eventsPerSecond);
      const [alone, producer] = [rates('engine alone'), rates('bare producer')];
      const compared = (allowed: (engine: number, producer: number) => number) =>
        spread(
          rates('relay').map(
            (rate, round) => rate / allowed(alone[round] ?? Number.NaN, producer[round] ?? Number.NaN),
          ),
        );
      return {
        engine,
        contenders: [...results].map(([name, rounds]) => ({
          name,
          eventsPerSecond: spread(rounds.map((each) => each.eventsPerSecond)),
          cpuMsPerEvent: spread(rounds.map((each) => each.cpuMsPerEvent)),
        })),
        ofTheSlower: compared(Math.min),
        ofBothInTurn: compared((one, other) => 1 / (1 / one + 1 / other)),
      };
    }),
  };
}

/** The report as plain text: a table for each engine. */
export function describeRelay({ machine: where, batchSize, events, engines }: RelayReport): string {
  return [
    `${describeMachine(where)}\n${thousands(events.measured)} events a round, in batches of ${batchSize}`,
    ...engines.map(({ engine, contenders, ofTheSlower, ofBothInTurn }) =>
      table([
        [engine, 'events/s', 'CPU ms/event'],
        ...contenders.map(({ name, eventsPerSecond, cpuMsPerEvent }) => [
          name,
          range(eventsPerSecond, thousands),
          range(cpuMsPerEvent, three),
        ]),
        ['relay / the slower one', range(ofTheSlower, two)],
        ['relay / both in turn', range(ofBothInTurn, two)],
      ]),
    ),
  ].join('\n\n');
}
