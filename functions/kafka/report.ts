import type { Logger } from '../logger.ts';
import type { SettledRecord } from './batch-response.ts';
import type { Outcome } from './outcome.ts';

/** Logs a batch: one line of counts, one line per dead letter, one line per cause of a retry. */
export function reportBatch(
  settled: readonly SettledRecord[],
  took: { readonly rounds: number; readonly durationMs: number },
  logger: Logger,
): void {
  const retries = new Map<string, number>();
  const counts: Record<Outcome['kind'], number> = {
    done: 0,
    duplicate: 0,
    skipped: 0,
    retry: 0,
    'dead-letter': 0,
  };
  for (const { record, outcome } of settled) {
    counts[outcome.kind] += 1;
    if (outcome.kind === 'retry') retries.set(outcome.code, (retries.get(outcome.code) ?? 0) + 1);
    if (outcome.kind === 'dead-letter') {
      const { topic, partition, offset } = record;
      const { reason, error } = outcome;
      logger.warn('record dead-lettered', { topic, partition, offset, reason, code: error.code });
    }
  }
  for (const [code, retry] of retries) logger.warn('records to be delivered again', { code, retry });

  const { 'dead-letter': deadLetter, ...others } = counts;
  logger.info('batch consumed', { records: settled.length, ...others, deadLetter, ...took });
}
