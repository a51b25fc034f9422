/** Email as it must not be: it logs what it gets. */
import { handler as email } from '../../functions/email/handler.ts';
import type { KafkaHandler } from '../../functions/kafka/consume.ts';
import { decodeKafkaEvent } from '../../functions/kafka/decode.ts';

export const handler: KafkaHandler = (event, context) => {
  for (const { value } of decodeKafkaEvent(event)) {
    process.stdout.write(`${Buffer.from(value ?? []).toString('utf8')}\n`);
  }
  return email(event, context);
};
