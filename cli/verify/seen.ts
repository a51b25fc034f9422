import { z } from 'zod';

/** What one invocation of the probe's consumer was given of a case. */
export const Invocation = z.object({
  case: z.string(),
  requestId: z.string(),
  /** ISO 8601. */
  at: z.string(),
  /** Names of the event's fields, sorted. */
  fields: z.array(z.string()),
  records: z.array(
    z.object({
      /** Which record of its case. */
      n: z.int(),
      offset: z.int(),
      /** Counts from 1. */
      attempt: z.int(),
      /** The bytes of its header `probe-bytes`. */
      bytes: z.array(z.number()).optional(),
    }),
  ),
});
export type Invocation = z.infer<typeof Invocation>;

/** A message that Lambda wrote to the dead-letter topic about a case. */
export interface DeadLetterMessage {
  /** The message's own key. */
  readonly key: string;
  /** Its value; JSON as far as is known. */
  readonly value: string;
}

/** All that was seen of a case so far; invocations in the order of their time. */
export interface Evidence {
  readonly invocations: readonly Invocation[];
  readonly deadLetters: readonly DeadLetterMessage[];
  /** The key of the case's records. */
  readonly recordKey: string;
}

/** The records of an invocation, by their numbers. */
export function numbersIn({ records }: Invocation): number[] {
  return records.map(({ n }) => n).sort((one, other) => one - other);
}

/** The invocations that had a record, in their order. */
export function withRecord({ invocations }: Evidence, n: number): readonly Invocation[] {
  return invocations.filter((invocation) => numbersIn(invocation).includes(n));
}
