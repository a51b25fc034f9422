/**
 * `npm run bench:consumers`: what the consumers take to make each effect once, beside the usual library and a
 * conditional write by hand.
 *
 *     batches of 100 orders ──> orderly                  ──┐
 *       0.5 kB a record     ├──> Powertools in parallel  ──┼──> DynamoDB Local, then MiniStack
 *                           ├──> Powertools in sequence  ──┤    (mails go nowhere)
 *                           └──> conditional Put         ──┘
 *
 * Every round runs each of them in a process of its own, one after the other: new records, then the same ones again.
 */
import { benchmark } from './command.ts';
import { measureConsumers } from './consumers/measure.ts';
import { describeConsumers, reportOf } from './consumers/report.ts';

await benchmark('bench:consumers', async (run) => reportOf(await measureConsumers(run)), describeConsumers);
