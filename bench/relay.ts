/**
 * `npm run bench:relay`: how fast events get from the outbox to the topic, beside what the two engines allow by themselves.
 *
 *     outbox rows, batches of 100 ──> relay          ──> read, produce, delete
 *       0.6 kB an event           ├──> engine alone  ──> read,          delete
 *                                 └──> bare producer ──>       produce
 *
 * Every round runs each of them in a process of its own, one after the other.
 */
import { benchmark } from './command.ts';
import { measureRelay } from './relay/measure.ts';
import { describeRelay, reportOf } from './relay/report.ts';

await benchmark('bench:relay', async (run) => reportOf(await measureRelay(run)), describeRelay);
