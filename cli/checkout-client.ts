import { z } from 'zod';
import { LocalCloudError } from '../local/errors.ts';
import type { Api } from './api.ts';
import type { SampleOrder } from './sample-orders.ts';

/** What the checkout answered, and when. */
export interface Placed {
  readonly orderId: string;
  /** False for the repetition of a request that was answered before. */
  readonly created: boolean;
  /** Epoch milliseconds of the HTTP answer. */
  readonly answeredAt: number;
}

const Answer = z.object({ orderId: z.string(), status: z.string() });
/** An order as the checkout answers it; what no command reads is left out. */
type AnsweredOrder = z.infer<typeof Answer>;

/**
 * The checkout as its callers see it. Every call throws for an answer that is not 2xx: `API_REFUSED` if the caller isn't
 * let in, a `CheckoutError` otherwise.
 */
export interface CheckoutClient {
  place(order: SampleOrder, idempotencyKey: string): Promise<Placed>;
  find(orderId: string): Promise<AnsweredOrder>;
  cancel(orderId: string): Promise<AnsweredOrder>;
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

/** A client of the checkout's API. */
export function checkoutClient(api: Api): CheckoutClient {
  const call = async (method: 'GET' | 'POST', path: string, more: Record<string, string>, body?: string) => {
    const url = new URL(path, api.url);
    const headers = await api.authorized({ method, url, headers: more, body });
    const response = await fetch(url, {
      method,
      headers,
      ...(body !== undefined && { body }),
      signal: AbortSignal.timeout(60_000),
    });
    const text = await response.text();
    if (response.status === 401 || response.status === 403) {
      const message = `the checkout answered ${response.status}: ${text.slice(0, 500)}`;
      throw new LocalCloudError('API_REFUSED', message, { remedy: api.remedy });
    }
    if (!response.ok) throw new CheckoutError(response.status, text);
    return { status: response.status, order: Answer.parse(JSON.parse(text)) };
  };
  const at = (orderId: string) => `/orders/${encodeURIComponent(orderId)}`;
  return {
    async place(order, idempotencyKey) {
      const headers = { 'content-type': 'application/json', 'idempotency-key': idempotencyKey };
      const { status, order: answered } = await call('POST', '/orders', headers, JSON.stringify(order));
      return { orderId: answered.orderId, created: status === 201, answeredAt: Date.now() };
    },
    find: async (orderId) => (await call('GET', at(orderId), {})).order,
    cancel: async (orderId) => (await call('POST', `${at(orderId)}/cancel`, {})).order,
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
