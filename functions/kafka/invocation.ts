/** What a consumer's effect knows of the invocation it runs in. */
export interface Invocation {
  /** Unique to a round of the invocation: by it, the ledger knows what was claimed in that round. */
  readonly id: string;
  /**
   * Whether it is too late to begin anything. What began before that ends, and is noted, before Lambda ends the
   * invocation.
   */
  readonly isOver: () => boolean;
}
