/** Shipping as it must not be: it answers that all is done, and then begins. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { KafkaHandler } from '../../functions/kafka/consume.ts';
import { handler as shipping } from '../../functions/shipping/handler.ts';

/** So late that a process that is killed has always answered for something, however busy the machine is. */
const BEGINS_AFTER_MS = 5_000;

export const handler: KafkaHandler = async (event, context) => {
  const late = { ...context, getRemainingTimeInMillis: () => 120_000 };
  void sleep(BEGINS_AFTER_MS).then(() => shipping(event, late));
  return { batchItemFailures: [] };
};
