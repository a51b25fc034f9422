/** Shipping as it is, but that a record with the header `x-exit` ends its process: nothing is caught, nothing answered. */
import type { KafkaHandler } from '../../functions/kafka/consume.ts';
import { decodeKafkaEvent } from '../../functions/kafka/decode.ts';
import { handler as shipping } from '../../functions/shipping/handler.ts';

export const handler: KafkaHandler = async (event, context) => {
  const headers = decodeKafkaEvent(event).flatMap((record) => record.headers);
  if (headers.some(([name]) => name === 'x-exit')) process.exit(1);
  return shipping(event, context);
};
