/** What a Kafka mapping does where AWS's documents say nothing, or otherwise than what was seen on AWS. */
export interface Emulation {
  /**
   * `selective`: a batch item failure brings exactly the named records again, as documented. `checkpoint`: everything of
   * their partition from the lowest one on, as a stream mapping does.
   */
  readonly partialResponse: 'checkpoint' | 'selective';
  /**
   * `per-record`: a dead letter for each record, with its key, as documented. `per-group`: one for all records that were
   * given up together, with a key of Lambda's own, as seen.
   */
  readonly deadLetters: 'per-record' | 'per-group';
  /** `full`: a redelivered event has all its fields. `records-only`: it has nothing but `records`, as seen. */
  readonly redelivery: 'full' | 'records-only';
  /** Milliseconds between two attempts at most. AWS publishes no schedule: shorter, and giving up can be watched. */
  readonly longestBackOffMs: number;
}

/** As AWS documents it. */
export const AS_DOCUMENTED: Emulation = {
  partialResponse: 'selective',
  deadLetters: 'per-record',
  redelivery: 'full',
  longestBackOffMs: 20_000,
};
