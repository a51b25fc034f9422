/** What one run of the demo's second part does, decided before it starts. */
export interface FaultsPlan {
  readonly customers: number;
  /** Orders placed while the mail provider is slow. */
  readonly slow: number;
  /** Orders placed while it is down. One of them kills every shipping environment that gets it. */
  readonly down: number;
  /** Orders placed while email-service is disabled. */
  readonly dark: number;
  /** Records written to the topic that nobody can use. */
  readonly poison: number;
  /** When nothing has moved for so many milliseconds, what isn't there will not come. */
  readonly stalledMs: number;
}

/** The plan for a number of orders, at least four: half of them in slow times, a quarter each in an outage and in the dark. */
export function faultsPlan(orders: number, poison: number, stalledMs = 120_000): FaultsPlan {
  const quarter = Math.max(1, Math.floor(orders / 4));
  return {
    customers: Math.max(1, Math.floor(orders / 10)),
    slow: Math.max(2, orders - 2 * quarter),
    down: quarter,
    dark: quarter,
    poison,
    stalledMs,
  };
}
