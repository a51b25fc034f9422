/**
 * The process of one contender and one measurement: it takes its task from its argument, writes its result as a
 * line, and waits to be ended.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { kafkaClient } from '../local/kafka/client.ts';
import { bareLoop } from './contenders/bare-loop.ts';
import type { Contender } from './contenders/contender.ts';
import { offlinePlugin } from './contenders/offline-plugin.ts';
import { orderly } from './contenders/orderly.ts';
import type { ContenderName, Results, Task } from './contract.ts';
import { givenTask, tellResult } from './task.ts';

const contenders: Readonly<Record<ContenderName, Contender>> = {
  orderly,
  'bare loop': bareLoop,
  'offline plugin': offlinePlugin,
};

const task = givenTask<Task>();
tellResult(task.measure === 'throughput' ? await throughput(task) : await latency(task));

/** From the end of the warm-up to the last record, in one go. */
async function throughput({
  contender,
  warmUp,
  records,
  ...assignment
}: Task): Promise<Results['throughput']> {
  const done = Promise.withResolvers<Results['throughput']>();
  let [handled, batches, firstRecordMs] = [0, 0, 0];
  let begin: { readonly at: number; readonly handled: number; readonly batches: number } | undefined;
  await contenders[contender](assignment, (count) => {
    const now = performance.now();
    if (handled === 0) firstRecordMs = now;
    handled += count;
    batches += 1;
    if (handled >= warmUp) begin ??= { at: now, handled, batches };
    if (begin === undefined || handled < warmUp + records) return;
    const measured = handled - begin.handled;
    done.resolve({
      recordsPerSecond: (measured / (now - begin.at)) * 1000,
      firstRecordMs,
      meanBatch: measured / (batches - begin.batches),
    });
  });
  return done.promise;
}

/** One record after the other, from the call of the producer to the return of the function. */
async function latency({ contender, warmUp, records, ...assignment }: Task): Promise<Results['latency']> {
  let arrived = Promise.withResolvers<number>();
  await contenders[contender](assignment, () => arrived.resolve(performance.now()));
  const producer = kafkaClient({ ...assignment, clientId: 'bench-producer' }).producer();
  await producer.connect();
  const latenciesMs: number[] = [];
  for (let n = 0; n < warmUp + records; n += 1) {
    arrived = Promise.withResolvers();
    const sentAt = performance.now();
    await producer.send({
      topic: assignment.topic,
      messages: [{ partition: n % assignment.partitions, value: String(n) }],
    });
    const tookMs = (await arrived.promise) - sentAt;
    if (n >= warmUp) latenciesMs.push(tookMs);
    // Uneven, so as not to fall into step with anybody's timer.
    await delay(5 + (n % 7) * 3);
  }
  return { latenciesMs };
}
