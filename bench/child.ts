/**
 * The process of one contender and one measurement: it takes workload and task from its arguments, tells the result as a
 * line, and waits to be ended.
 */
import { RESULT } from './harness.ts';

const workloads = {
  consumers: () => import('./workloads/consumers.ts'),
  eventSource: () => import('./workloads/event-source.ts'),
  load: () => import('./workloads/load.ts'),
  relay: () => import('./workloads/relay.ts'),
};

/** What can be measured in a process of its own: from a task, which is JSON, to what was measured, which is JSON too. */
export type Workloads = {
  [W in keyof typeof workloads]: Awaited<ReturnType<(typeof workloads)[W]>>['measure'];
};

const [workload = '', task = ''] = process.argv.slice(2);
const { measure } = await workloads[workload as keyof Workloads]();
const result = await (measure as (task: unknown) => Promise<object>)(JSON.parse(task));
process.stdout.write(`${RESULT}${JSON.stringify(result)}\n`);
