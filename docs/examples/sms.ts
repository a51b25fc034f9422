import { type ConsumerPorts, consume, type KafkaHandler } from '../../functions/kafka/consume.ts';
import { type OnceEachPorts, onceEach, type Refusal } from '../../functions/kafka/once-each.ts';

const DEADLINE_MS = 5_000;

/** Sends a text to the packers, or answers why the provider will never take it; ends when the signal says so. */
type SendSms = (text: string, signal: AbortSignal) => Promise<Refusal | undefined>;

/** The consumer that tells the packers of each order placed. */
export function smsHandler(
  ports: ConsumerPorts & OnceEachPorts & { readonly sendSms: SendSms },
): KafkaHandler {
  const effect = onceEach(
    'OrderPlaced',
    {
      keyOf: ({ eventId }) => eventId,
      act: ({ data }) => ports.sendSms(`To pack: ${data.orderId}`, AbortSignal.timeout(DEADLINE_MS)),
      deadlineMs: DEADLINE_MS,
      inFlight: 5,
    },
    ports,
  );
  return consume(effect, ports);
}
