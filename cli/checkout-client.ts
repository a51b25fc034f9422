import type { SampleOrder } from './sample-orders.ts';

/** What the checkout answered, and when. */
export interface Placed {
  readonly orderId: string;
  /** False for the repetition of a request that was answered before. */
  readonly created: boolean;
  /** Epoch milliseconds of the HTTP answer. */
  readonly answeredAt: number;
}

/** The checkout as its callers see it. Every call throws a `CheckoutError` for an answer that is not 2xx. */
export interface CheckoutClient {
  place(order: SampleOrder, idempotencyKey: string): Promise<Placed>;
  cancel(orderId: string): Promise<void>;
}

/** An answer that is not 2xx; `status` is the HTTP status. */
class CheckoutError extends Error {
  readonly status: number;
  constructor(status: number, body: string) {
    super(`the checkout answered ${status}: ${body.slice(0, 500)}`);
    this.name = 'CheckoutError';
    this.status = status;
  }
}

/** A client of the checkout API at `url`. */
export function checkoutClient(url: string): CheckoutClient {
  const post = async (path: string, headers: Record<string, string>, body?: string) => {
    const response = await fetch(new URL(path, url), {
      method: 'POST',
      headers,
      ...(body !== undefined && { body }),
      signal: AbortSignal.timeout(60_000),
    });
    const text = await response.text();
    if (!response.ok) throw new CheckoutError(response.status, text);
    return { status: response.status, text };
  };
  return {
    async place(order, idempotencyKey) {
      const headers = { 'content-type': 'application/json', 'idempotency-key': idempotencyKey };
      const { status, text } = await post('/orders', headers, JSON.stringify(order));
      const { orderId } = JSON.parse(text) as { orderId: string };
      return { orderId, created: status === 201, answeredAt: Date.now() };
    },
    async cancel(orderId) {
      await post(`/orders/${encodeURIComponent(orderId)}/cancel`, {});
    },
  };
}

/** Runs `work` for 0 … `count` - 1, at most `concurrency` at a time; the first failure stops it. */
export async function inFlight(
  count: number,
  concurrency: number,
  work: (n: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, count) }, worker));
}
