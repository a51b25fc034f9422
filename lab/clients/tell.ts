/** How a client says what happens: a line of JSON each, in the shape of local/events/event.ts. */
import type { Untimed } from '../../local/events/event.ts';

export function tell(event: Untimed): void {
  process.stdout.write(`${JSON.stringify({ ...event, at: Date.now() })}\n`);
}

/** What Kafka calls an error, or the network: `NOT_ENOUGH_REPLICAS`, `ECONNREFUSED`; kafkajs has it as the cause of its own. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ('type' in error) return String(error.type);
  if ('code' in error) return String(error.code);
  return error.cause === undefined ? error.name : codeOf(error.cause);
}
