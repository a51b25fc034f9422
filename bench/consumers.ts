/**
 * `npm run bench:consumers`: what the consumers take to make each effect once, beside the usual library and
 * conditional writes by hand.
 *
 *     batches of 100 orders ──> orderly                  ──┐
 *       0.5 kB a record     ├──> Powertools in parallel  ──┼──> DynamoDB Local, then MiniStack
 *                           ├──> Powertools in sequence  ──┤    (mails go nowhere)
 *                           └──> by hand                 ──┘
 *
 * Each gets new records, then the same ones again.
 */
import { POWERTOOLS } from './contenders/powertools.ts';
import { onEachEngine } from './engines.ts';
import { type Benchmark, inChild, installBeside, inTurn } from './harness.ts';
import { ratioRow, row, type Table } from './report.ts';
import { BATCH_SIZE, CONTENDERS, type ConsumerResult, type Delivery } from './workloads/consumers.ts';

export default {
  rounds: 3,
  async measure(run) {
    const packageDir = await installBeside(run, 'powertools', POWERTOOLS);
    if (packageDir === undefined) throw new Error('npm could not install Powertools');
    const tables = await onEachEngine(run, async (engine, environment) => {
      const results = await inTurn(run, `${engine}, `, CONTENDERS, (_, contender) =>
        inChild('consumers', { contender, packageDir }, environment, run.interrupted),
      );
      return [
        consumersTable(`${engine}, new records`, results, 'fresh'),
        consumersTable(`${engine}, the same records again`, results, 'again'),
      ];
    });
    const records = Object.entries(CONTENDERS).map(
      ([name, { records }]) => `${name} ${records.toLocaleString('en')}`,
    );
    return {
      workload: `Records a round, in batches of ${BATCH_SIZE}: ${records.join(', ')}`,
      tables: tables.flat(),
    };
  },
} satisfies Benchmark;

type Results = Readonly<Partial<Record<string, readonly ConsumerResult[]>>>;

/** For each job every contender, and ours divided by the faster one of Powertools' two and by who else does it. */
export function consumersTable(title: string, results: Results, delivery: keyof ConsumerResult): Table {
  const contenders = Object.entries(results).map(([name, rounds = []]) => {
    const [job, who] = name.split(': ');
    return { name, job, who, rounds: rounds.map((result): Delivery => result[delivery]) };
  });
  const rows = [...Map.groupBy(contenders, ({ job }) => job).values()].flatMap((all) => {
    const measured = all.map((one) => ({ ...one, row: row(one.name, one.rounds) }));
    const rate = ({ row }: (typeof measured)[number]) => row.figures.recordsPerSecond?.median ?? 0;
    const [ours, ...others] = measured;
    const [, slower] = others
      .filter(({ who }) => who?.startsWith('Powertools'))
      .toSorted((a, b) => rate(b) - rate(a));
    return [
      ...measured.map(({ row }) => row),
      ...others
        .filter((rival) => rival !== slower)
        .map(({ who, rounds }) =>
          ratioRow(`orderly / ${who}`, ours?.rounds ?? [], rounds, ['recordsPerSecond', 'cpuMsPerRecord']),
        ),
    ];
  });
  return {
    title,
    columns: {
      recordsPerSecond: { heading: 'records/s', decimals: 0 },
      requestsPerRecord: { heading: 'requests/record', decimals: 2 },
      cpuMsPerRecord: { heading: 'CPU ms/record', decimals: 3 },
    },
    rows,
  };
}
