/** Shipping as it must not be: it answers that all is done, and then begins. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { KafkaHandler } from '../../functions/kafka/consume.ts';
import { handler as shipping } from '../../functions/shipping/handler.ts';

const BEGINS_AFTER_MS = 1_000;

export const handler: KafkaHandler = async (event, context) => {
  const late = { ...context, getRemainingTimeInMillis: () => 120_000 };
  void sleep(BEGINS_AFTER_MS).then(() => shipping(event, late));
  return { batchItemFailures: [] };
};
