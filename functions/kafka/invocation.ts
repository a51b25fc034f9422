/** What a consumer's effect knows of the invocation it runs in. */
export interface Invocation {
  /** Unique to a round of the invocation: by it, the ledger knows what was claimed in that round. */
  readonly id: string;
  /**
   * Whether it is too late to begin anything. What began before that ends, and is noted, before Lambda ends the
   * invocation.
   */
  readonly isOver: () => boolean;
  /** Aborts when all that has begun has to have ended, so that the dead letters of the batch can still be written. */
  readonly signal: AbortSignal;
}
