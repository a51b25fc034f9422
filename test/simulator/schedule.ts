import type { Chance } from '../support/chance.ts';
import type { LambdaHost } from './lambda/host.ts';
import type { Scheduler } from './scheduler.ts';

/** As lib/orders-stack.ts has it. */
const EVERY_MS = 5 * 60_000;
/** Lambda tries an asynchronous invocation twice more. */
const RETRIES_MS = [60_000, 120_000];

/** The relay's schedule. */
export function startSweeping(clock: Scheduler, random: Chance, lambda: LambdaHost): void {
  const sweep = (retries: readonly number[]) =>
    lambda.invoke('relay', '{"detail-type":"Scheduled Event"}', (result) => {
      const [wait, ...rest] = retries;
      if (result.kind !== 'success' && wait !== undefined) clock.after(wait, () => sweep(rest));
    });
  const every = () => {
    sweep(RETRIES_MS);
    clock.background(EVERY_MS, every);
  };
  clock.background(random.int(0, EVERY_MS), every);
}
