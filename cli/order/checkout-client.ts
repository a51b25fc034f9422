/** The checkout as its callers see it: where its API is, what lets a request in, and what it answers. */
import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import { z } from 'zod';
import type { App, ClientSettings } from '../../local/cli/app.ts';
import { LocalCloudError } from '../../local/errors.ts';
import { OrderSystemError } from '../errors.ts';
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
      throw new OrderSystemError('API_REFUSED', message, { remedy: api.remedy });
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

/** A request as it goes over the wire. */
interface ApiRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

/** The checkout's API, and what it wants of a request. */
export interface Api {
  readonly url: string;
  /** The headers of a request with what lets it in. */
  authorized(request: ApiRequest): Promise<Readonly<Record<string, string>>>;
  /** What to do about an answer 401 or 403. */
  readonly remedy: readonly string[];
}

/** The checkout's API of an app. Throws `CONFIG_INVALID` if it has none. */
export function checkoutApi(app: App): Api {
  if (app.kind === 'deployed') return signedApi(app.output('ApiUrl'), app.settings);
  const [api] = app.cloud.status.apis;
  if (api) return openApi(api.url);
  throw new LocalCloudError('CONFIG_INVALID', 'the app has no HTTP API', {
    remedy: [
      'This command places orders through the checkout API; it needs the order system of this project.',
    ],
  });
}

/** An API that lets everybody in: only a local cloud's does. */
export function openApi(url: string): Api {
  return { url, authorized: async ({ headers }) => headers, remedy: [] };
}

/** An API whose callers sign their requests (Signature Version 4, service `execute-api`). */
export function signedApi(
  url: string,
  { region, credentials }: Required<Pick<ClientSettings, 'region' | 'credentials'>>,
): Api {
  const signer = new SignatureV4({ service: 'execute-api', region, credentials, sha256: Sha256 });
  return {
    url,
    async authorized({ method, url: { protocol, hostname, port, host, pathname }, headers, body }) {
      const signed = await signer.sign({
        protocol,
        hostname,
        ...(port !== '' && { port: Number(port) }),
        method,
        path: pathname,
        query: {},
        headers: { ...headers, host },
        body,
      });
      const { host: _sentByFetch, ...sent } = signed.headers;
      return sent;
    },
    remedy: ['Whoever calls needs execute-api:Invoke on the API.'],
  };
}

/** The hash that the signer asks for, by Node's own. */
class Sha256 {
  readonly #hash: Hash | Hmac;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(secret));
  }
  update(chunk: Uint8Array | string): void {
    this.#hash.update(chunk);
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
  reset(): never {
    throw new Error('a hash is made for one text');
  }
}

function bytesOf(secret: string | ArrayBuffer | ArrayBufferView): string | Uint8Array {
  if (typeof secret === 'string') return secret;
  return ArrayBuffer.isView(secret)
    ? new Uint8Array(secret.buffer, secret.byteOffset, secret.byteLength)
    : new Uint8Array(secret);
}
