/** How a client says what happens: a line of JSON each, in the shape of local/events/event.ts. */
import type { Untimed } from '../../local/events/event.ts';

export function tell(event: Untimed): void {
  process.stdout.write(`${JSON.stringify({ ...event, at: Date.now() })}\n`);
}
