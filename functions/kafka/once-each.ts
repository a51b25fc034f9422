import { type ActOncePorts, type ActResult, actOnce, type ExternalEffect } from '../ledger/act-once.ts';
import type { Logger } from '../logger.ts';
import type { OrderEvent } from '../orders/events.ts';
import type { Effect, Invocation } from './effect.ts';
import type { BatchEvent } from './fold.ts';
import {
  DONE,
  DUPLICATE,
  deadLetter,
  OUT_OF_TIME,
  type Outcome,
  outcomeOfError,
  retry,
  SKIPPED,
} from './outcome.ts';

/**
 * An effect that is made once for each event: a mail, a call to somebody's API. What passes (`isTransient`) is tried again; after
 * any other error the event becomes a dead letter.
 */
export type EventEffect<Event extends OrderEvent> = ExternalEffect<Event, Refusal>;

/** Why an effect never can be made: `code` is stable and holds nothing that a customer wrote. */
export interface Refusal {
  readonly code: string;
}

export interface OnceEachPorts extends ActOncePorts {
  /** The consumer group, by which the ledger's rows are named. */
  readonly consumer: string;
  readonly logger: Logger;
}

type EventOf<Type extends OrderEvent['type']> = Extract<OrderEvent, { type: Type }>;

/** The effect of a consumer that does one thing for each event of a type; events of other types are skipped. */
export function onceEach<Type extends OrderEvent['type']>(
  type: Type,
  effect: EventEffect<EventOf<Type>>,
  ports: OnceEachPorts,
): Effect {
  const isWanted = (event: BatchEvent): event is BatchEvent<EventOf<Type>> => event.event.type === type;
  return async (orders, invocation) => {
    const events = orders.flatMap((order) => order.events);
    const skipped = events.map((event) => [event, SKIPPED] as const);
    const made = await actOncePerEvent(events.filter(isWanted), effect, ports, invocation);
    return new Map<BatchEvent, Outcome>([...skipped, ...made]);
  };
}

/** Makes the effect of each event once over all its deliveries; an outcome for every event. */
export async function actOncePerEvent<Event extends OrderEvent>(
  events: readonly BatchEvent<Event>[],
  { keyOf, act, deadlineMs, inFlight }: EventEffect<Event>,
  ports: OnceEachPorts,
  invocation: Invocation,
): Promise<Map<BatchEvent<Event>, Outcome>> {
  const results = await actOnce<BatchEvent<Event>, Refusal>(
    events,
    {
      keyOf: ({ event }) => ledgerKey(ports.consumer, keyOf(event)),
      act: ({ event }) => act(event),
      deadlineMs,
      inFlight,
    },
    ports,
    invocation,
  );
  for (const [{ event }, result] of results) warnOfUnmarked(event, result, ports.logger);
  return new Map([...results].map(([event, result]) => [event, outcomeOfAct(result)]));
}

/** The ledger's row for one of a consumer's effects. */
export function ledgerKey(consumer: string, key: string): string {
  return `${consumer}#${key}`;
}

/** While somebody else holds the claim to an effect. */
export const HELD = retry('LEASE_HELD');

function outcomeOfAct(result: ActResult<Refusal>): Outcome {
  switch (result.kind) {
    case 'made':
      return DONE;
    case 'settled':
      return result.status === 'SENT' ? DUPLICATE : SKIPPED;
    case 'held':
      return HELD;
    case 'not-begun':
      return OUT_OF_TIME;
    case 'refused':
      return deadLetter('refused', { code: result.refusal.code, detail: 'the effect was refused for good' });
    case 'failed':
      return outcomeOfError(result.error);
  }
}

/** The effect is made and stays `done`: to deliver the record again would make it again for sure. */
function warnOfUnmarked({ eventId }: OrderEvent, result: ActResult<Refusal>, logger: Logger): void {
  if (result.kind !== 'made' || result.unmarked === undefined) return;
  logger.warn('effect made but not marked', { eventId, code: result.unmarked.code });
}
