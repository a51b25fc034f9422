/**
 * `npm run bench:relay`: how fast events get from the outbox to the topic, beside what the two engines allow by themselves.
 *
 *     outbox rows, batches of 100 ──> relay          ──> read, produce, delete
 *       0.6 kB an event           ├──> engine alone  ──> read,          delete
 *                                 └──> bare producer ──>       produce
 */
import { onEachEngine, startBenchBroker } from './engines.ts';
import { type Benchmark, inChild, inTurn } from './harness.ts';
import { ratioRow, row, type Table } from './report.ts';
import { BATCH_SIZE, EVENTS, MOVERS, type Moved, type MoverName } from './workloads/relay.ts';

export default {
  rounds: 3,
  async measure(run) {
    const broker = await startBenchBroker(run);
    try {
      const { bootstrapServers } = broker;
      const tables = await onEachEngine(run, async (engine, environment) => {
        const moved = await inTurn(run, `${engine}, `, MOVERS, (_, mover) =>
          inChild('relay', { mover, bootstrapServers }, environment, run.interrupted),
        );
        return relayTable(engine, moved);
      });
      const events = EVENTS.measured.toLocaleString('en');
      return { workload: `${events} events a round, in batches of ${BATCH_SIZE}`, tables };
    } finally {
      await broker.stop();
    }
  },
} satisfies Benchmark;

/**
 * The relay divided by the slower one of the two, and by what one after the other allows: a batch takes as long as its
 * reads and deletes and its produce request together.
 */
export function relayTable(engine: string, moved: Readonly<Record<MoverName, readonly Moved[]>>): Table {
  const allowed = (rate: (engine: number, producer: number) => number) =>
    moved['engine alone'].map(({ eventsPerSecond }, round) => ({
      eventsPerSecond: rate(eventsPerSecond, moved['bare producer'][round]?.eventsPerSecond ?? Number.NaN),
    }));
  const inTurn = allowed((one, other) => 1 / (1 / one + 1 / other));
  return {
    title: engine,
    columns: {
      eventsPerSecond: { heading: 'events/s', decimals: 0 },
      cpuMsPerEvent: { heading: 'CPU ms/event', decimals: 3 },
    },
    rows: [
      ...Object.entries(moved).map(([name, rounds]) => row(name, rounds)),
      ratioRow('relay / the slower one', moved.relay, allowed(Math.min), ['eventsPerSecond']),
      ratioRow('relay / both in turn', moved.relay, inTurn, ['eventsPerSecond']),
    ],
  };
}
