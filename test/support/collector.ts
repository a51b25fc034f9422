import type { Context } from 'aws-lambda';
import { type CollectorPorts, collect } from '../../functions/dead-letters/collect.ts';
import type { DeadLetter } from '../../functions/dead-letters/letter.ts';
import { LAMBDA_CONTEXT, recordedConsumer } from './consumer.ts';
import { deadLetterMessage } from './envelopes.ts';
import { kafkaEvent } from './kafka-event.ts';

/** The collector over a table in memory: what it stored, what it logged, and which messages it asks for again. */
export function collector(replace: Partial<CollectorPorts> = {}, remainingMs: () => number = () => 120_000) {
  const { letters, lines, ports } = recordedConsumer({ consumer: 'dead-letters' });
  const groups = new Map([
    ['the-email-function', 'email-service'],
    ['the-shipping-function', 'shipping-service'],
  ]);
  const handler = collect({ ...ports, groups, ...replace });
  const context: Context = { ...LAMBDA_CONTEXT, getRemainingTimeInMillis: remainingMs };
  return {
    letters: letters as readonly DeadLetter[],
    lines,
    /** Delivers messages of these values, at the offsets 0, 1 and so on; answers with the offsets asked for again. */
    async deliver(...values: readonly (Uint8Array | object | null)[]): Promise<readonly number[]> {
      const { batchItemFailures } = await handler(kafkaEvent(values.map(deadLetterMessage)), context);
      return batchItemFailures.map(({ itemIdentifier }) => itemIdentifier.offset);
    },
    /** The same, as an operator's replay delivers them. */
    async replay(...values: readonly (Uint8Array | object | null)[]): Promise<void> {
      const event = { ...kafkaEvent(values.map(deadLetterMessage)), replay: { runId: 'run-1' } };
      await handler(event, context);
    },
  };
}
