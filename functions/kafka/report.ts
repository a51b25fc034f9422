import type { FunctionLogger } from '../logger.ts';
import { traceIdOf } from '../orders/wire.ts';
import type { Outcome, SettledRecord } from './outcome.ts';

/**
 * Logs and measures a batch: one line of counts with the traces of its records, one line per dead letter, one line per
 * cause of a retry.
 */
export function reportBatch(
  settled: readonly SettledRecord[],
  took: { readonly rounds: number; readonly durationMs: number },
  logger: Omit<FunctionLogger, 'addContext'>,
): void {
  const retries = new Map<string, number>();
  const reasons = new Map<string, number>();
  const traces = new Set<string>();
  const counts: Record<Outcome['kind'], number> = {
    done: 0,
    duplicate: 0,
    skipped: 0,
    retry: 0,
    'dead-letter': 0,
  };
  let Withheld = 0;
  for (const { record, outcome } of settled) {
    counts[outcome.kind] += 1;
    if (outcome.kind === 'retry' && outcome.withheld !== undefined) Withheld += 1;
    const traceId = traceIdOf(record);
    if (traceId !== undefined) traces.add(traceId);
    if (outcome.kind === 'retry') retries.set(outcome.code, (retries.get(outcome.code) ?? 0) + 1);
    if (outcome.kind === 'dead-letter') {
      const { topic, partition, offset } = record;
      const { reason, error } = outcome;
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
      const trace = traceId === undefined ? {} : { traceId };
      logger.warn('record dead-lettered', { topic, partition, offset, reason, code: error.code, ...trace });
    }
  }
  for (const [code, retry] of retries) logger.warn('records to be delivered again', { code, retry });

  const { 'dead-letter': deadLetter, ...others } = counts;
  const { done: Effects, duplicate: Duplicates, skipped: Skipped, retry: Retries } = counts;
  const traceIds = [...traces].join(' ');
  logger.info('batch consumed', { records: settled.length, ...others, deadLetter, ...took, traceIds });
  logger.measure({ Effects, Duplicates, Skipped, Retries, Withheld });
  for (const [reason, DeadLetters] of reasons) logger.measure({ DeadLetters }, reason);
}
