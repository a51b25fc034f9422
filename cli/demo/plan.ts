/** What one run of the demo does, decided before it starts. */
export interface DemoPlan {
  readonly orders: number;
  readonly customers: number;
  /** Requests of `POST /orders` on their way at once. */
  readonly inFlight: number;
  /** Whether the n-th request is sent twice with one `Idempotency-Key`. */
  repeats(n: number): boolean;
  /** The orders from here on come so long after the kill that it can't have hit them alone. */
  readonly lateFrom: number;
  /** The orders, all of them late, that are cancelled once their thank-you mail is out. */
  readonly cancelled: readonly number[];
  /** Events written to the topic a second time. */
  readonly copies: number;
  /** Whether the time from the n-th order's answer to its shipment is taken. */
  timed(n: number): boolean;
  /** The request during which one shipping environment is killed. */
  readonly killDuring: number;
  /** When nothing has moved for so many milliseconds, what isn't there will not come. */
  readonly stalledMs: number;
}

const CANCELLED = 10;
const TIMED = 60;

/** The plan for a number of orders: a tenth of them repeated, a tenth of the events copied, ten cancelled. */
export function demoPlan(orders: number, stalledMs = 15_000): DemoPlan {
  const cancelled = Math.min(CANCELLED, orders);
  const late = Math.max(cancelled, Math.floor(orders / 5));
  const lateFrom = orders - late;
  const step = Math.max(1, Math.floor(orders / TIMED));
  return {
    orders,
    customers: Math.max(1, Math.floor(orders / 10)),
    inFlight: 20,
    repeats: (n) => n % 10 === 3,
    lateFrom,
    cancelled: Array.from({ length: cancelled }, (_, n) => lateFrom + Math.floor((n * late) / cancelled)),
    copies: Math.floor((orders + cancelled) / 10),
    timed: (n) => n % step === 0,
    killDuring: Math.floor(orders / 3),
    stalledMs,
  };
}

/** How many of the plan's requests are sent twice. */
export function repeatedRequests(plan: DemoPlan): number {
  let repeated = 0;
  for (let n = 0; n < plan.orders; n++) if (plan.repeats(n)) repeated++;
  return repeated;
}
