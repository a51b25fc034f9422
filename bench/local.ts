/**
 * `npm run bench:local`: how fast, how large and how idle the local cloud is, beside what else there is.
 *
 *     topic of 1,000,000 records ──> orderly         ──> function, a child process behind the Runtime API
 *       3 partitions, 0.5 kB    ├──> offline plugin  ──> function, a worker thread
 *                               └──> bare loop       ──> nobody
 *
 * Every round runs each of them in a process of its own, one after the other: 100,000 records to warm up, then 200,000.
 */
import { benchmark } from './command.ts';
import { measureEventSources } from './event-sources.ts';
import { measureLocalCloud } from './local-cloud.ts';
import { describeReport, reportOf } from './report.ts';

await benchmark(
  'bench:local',
  async ({ folder, rounds, progress, interrupted }) => {
    const figures = await measureEventSources(folder, rounds, progress, interrupted);
    progress('starting the local cloud');
    return reportOf(figures, await measureLocalCloud(folder, rounds, interrupted));
  },
  describeReport,
);
