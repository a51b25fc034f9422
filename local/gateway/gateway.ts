import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Invoke } from '../lambda/invocation.ts';
import type { HttpApiModel } from '../resources/http-api.ts';
import { claimsOf, httpEvent } from './event.ts';
import {
  type GatewayResponse,
  gatewayResponse,
  integrate,
  internalServerError,
  payloadTooLarge,
} from './integration.ts';
import { isLocalRequest, type OpenPort, readBody } from './loopback.ts';
import { createRouter, type Router } from './routes.ts';

/** Answers every request whose path is `prefix` or lies below it, before any API is asked. */
export interface PrefixHandler {
  /** Such as `/_millrace/status`: a leading slash, none at the end. */
  readonly prefix: string;
  /** A rejection is answered by 500, if nothing was answered yet, and given to `onError`. */
  handle(request: IncomingMessage, response: ServerResponse): void | Promise<void>;
}

export interface GatewayOptions {
  /** The first answers at `/`, and each one, the first too, below `/_apis/<apiId>`. */
  readonly apis: readonly HttpApiModel[];
  /** Where it serves; the gateway's from then on. */
  readonly at: OpenPort;
  readonly invoke: Invoke;
  readonly account: string;
  /** What else is served on the same port. */
  readonly prefixes: readonly PrefixHandler[];
  /** Epoch milliseconds. */
  readonly clock: () => number;
  readonly newRequestId: () => string;
  /** Told of every failure that its client sees only as an Internal Server Error and that no function is to blame for. */
  readonly onError: (error: unknown) => void;
}

export interface Gateway {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** The address of an API, without a slash at the end; `undefined` for an id that is not served. */
  apiUrl(apiId: string): string | undefined;
  /** Cuts every connection. Idempotent. */
  stop(): Promise<void>;
}

/** The longest body an HTTP API accepts. */
const MAX_BODY_BYTES = 10 * 1024 * 1024;

/**
 * Serves HTTP APIs of API Gateway (payload format 2.0) on 127.0.0.1, without asking for a signature or a token; a token
 * that comes is read for its claims.
 */
export function startGateway(options: GatewayOptions): Gateway {
  const mounts = options.apis.map((api) => ({
    api,
    base: `/_apis/${encodeURIComponent(api.apiId)}`,
    router: createRouter(api.routes),
  }));

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!isLocalRequest(request.headers.host, request.headers.origin)) {
      return send(response, gatewayResponse(403, 'Forbidden: only for local clients'));
    }
    const [path = '', query = ''] = splitOnce(request.url ?? '', '?');
    const prefixed = options.prefixes.find(({ prefix }) => isBelow(path, prefix));
    if (prefixed !== undefined) return prefixed.handle(request, response);

    const mount = mounts.find(({ base }) => isBelow(path, base));
    const [at] = mounts;
    if (mount !== undefined) {
      return answer(mount, { path: path.slice(mount.base.length) || '/', query }, request, response);
    }
    if (at === undefined) return send(response, gatewayResponse(404, 'Not Found'));
    return answer(at, { path, query }, request, response);
  }

  async function answer(
    { api, router }: { api: HttpApiModel; router: Router },
    { path, query }: { path: string; query: string },
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const body = await readBody(request, MAX_BODY_BYTES);
    if (body === 'aborted') return;
    if (body === 'too-large') return send(response, payloadTooLarge);
    const method = request.method ?? 'GET';
    const match = router(method, path);
    if (match === 'no-route') return send(response, gatewayResponse(404, 'Not Found'));
    if (match === 'malformed') return send(response, gatewayResponse(400, 'Bad Request'));

    const { tokenSource } = match.route;
    const claims =
      tokenSource === undefined
        ? {}
        : claimsOf({ rawHeaders: request.rawHeaders, query }, tokenSource, api.jwtClaims);
    if (claims === 'malformed') return send(response, gatewayResponse(401, 'Unauthorized'));

    const requestId = options.newRequestId();
    const event = httpEvent(
      {
        method,
        path: match.decodedPath,
        query,
        protocol: `HTTP/${request.httpVersion}`,
        rawHeaders: request.rawHeaders,
        sourceIp: request.socket.remoteAddress ?? '127.0.0.1',
        body,
      },
      {
        apiId: api.apiId,
        account: options.account,
        requestId,
        ...match,
        claims,
        timeMs: options.clock(),
      },
    );
    const integrated = await integrate(options.invoke, match.route.functionName, event);
    send(response, { ...integrated, headers: { ...integrated.headers, 'apigw-requestid': requestId } });
  }

  let isStopped = false;
  options.at.serve((request, response) => {
    respond(request, response).catch((error: unknown) => {
      // Those that a stop cuts off fail because of it.
      if (!isStopped) options.onError(error);
      if (response.headersSent) response.destroy();
      else send(response, internalServerError);
    });
  });

  const { url } = options.at;
  return {
    url,
    apiUrl(apiId) {
      const mount = mounts.find(({ api }) => api.apiId === apiId);
      if (mount === undefined) return undefined;
      return mount === mounts[0] ? url : `${url}${mount.base}`;
    },
    stop() {
      isStopped = true;
      return options.at.close();
    },
  };
}

function isBelow(path: string, prefix: string): boolean {
  return path === prefix || path.startsWith(`${prefix}/`);
}

function splitOnce(text: string, separator: string): readonly [string, string] {
  const index = text.indexOf(separator);
  return index < 0 ? [text, ''] : [text.slice(0, index), text.slice(index + 1)];
}

/** A client may have left meanwhile: then what is written to it goes nowhere. */
function send(response: ServerResponse, { status, headers, body }: GatewayResponse): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  const bodiless = status === 204 || status === 304;
  if (!bodiless) response.setHeader('content-length', body.byteLength);
  response.writeHead(status);
  response.end(bodiless ? undefined : body);
}
