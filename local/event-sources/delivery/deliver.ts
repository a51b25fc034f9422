import type { InvocationResult } from '../../lambda/invocation.ts';
import type { Verdict } from './verdict.ts';

/**
 * Runs one batch and tells what became of it. The delivery rules commit what the verdict says is handled, afterwards:
 * that is what makes delivery at least once. `commit` commits the whole batch at once, whatever its fate, and resolves
 * when the source has it: for whoever wants to see what at most once does to a consumer.
 */
export type Deliver = (batch: {
  invoke(): Promise<InvocationResult>;
  judge(result: InvocationResult): Verdict;
  commit(): Promise<void>;
}) => Promise<Verdict>;

/** Lambda's way: invoke, then commit what was handled. */
export const atLeastOnce: Deliver = async ({ invoke, judge }) => judge(await invoke());
