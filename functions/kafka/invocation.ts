/** What a consumer's effect knows of the invocation it runs in. */
export interface Invocation {
  /** Unique to this invocation: by it, the ledger knows what was claimed in it. */
  readonly id: string;
  /**
   * Whether it is too late to begin anything. What began before that ends, and is noted, before Lambda ends the
   * invocation.
   */
  readonly isOver: () => boolean;
}
