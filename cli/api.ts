import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import type { App, ClientSettings } from '../local/cli/app.ts';
import { LocalCloudError } from '../local/errors.ts';

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
