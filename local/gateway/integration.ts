import { validateHeaderName, validateHeaderValue } from 'node:http';
import { tryJson } from '../json.ts';
import type { InvocationResult, Invoke } from '../lambda/invocation.ts';

/** The longest a Lambda integration of an HTTP API may take. */
export const INTEGRATION_TIMEOUT_MS = 30_000;

/** The longest event Lambda accepts in a synchronous invocation: 6 MB. */
const MAX_EVENT_BYTES = 6 * 1024 * 1024;

export const payloadTooLarge = gatewayResponse(413, 'Request Entity Too Large');

const serviceUnavailable = gatewayResponse(503, 'Service Unavailable');

/**
 * Invokes a function for a request and reads its answer. A function that takes longer than the limit goes on working, as
 * on AWS, and nobody hears its answer. Rejects where `invoke` does.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
 */
export async function integrate(
  invoke: Invoke,
  functionName: string,
  event: object,
): Promise<GatewayResponse> {
  const json = JSON.stringify(event);
  if (Buffer.byteLength(json) > MAX_EVENT_BYTES) return payloadTooLarge;
  const { promise: timeout, resolve: expire } = Promise.withResolvers<'timeout'>();
  const timer = setTimeout(expire, INTEGRATION_TIMEOUT_MS, 'timeout');
  try {
    const result = await Promise.race([invoke(functionName, json), timeout]);
    return result === 'timeout' ? serviceUnavailable : responseOf(result);
  } finally {
    clearTimeout(timer);
  }
}

function responseOf(result: InvocationResult): GatewayResponse {
  switch (result.kind) {
    case 'success':
      return readResponse(result.payload);
    case 'function-error':
      return internalServerError;
    case 'throttled':
      return serviceUnavailable;
  }
}

/** An HTTP answer. Header names are in lower case; a list is a header sent several times. */
export interface GatewayResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: Uint8Array;
}

/** The answer API Gateway itself gives. */
export function gatewayResponse(status: number, message: string): GatewayResponse {
  return {
    status,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify({ message })),
  };
}

/** What a client sees of a function that failed, or whose answer makes no sense. */
export const internalServerError = gatewayResponse(500, 'Internal Server Error');

/**
 * Reads a function's answer in payload format 2.0: an object with a `statusCode` is the response, any other JSON is the
 * body of a 200. What can't be sent as it stands is {@link internalServerError}.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export function readResponse(payload: Uint8Array): GatewayResponse {
  const json = Buffer.from(payload).toString();
  const answer = tryJson(json);
  if (answer === undefined) return internalServerError;
  if (!isRecord(answer) || answer.statusCode === undefined) {
    const body = typeof answer === 'string' ? answer : json;
    return { status: 200, headers: { 'content-type': 'application/json' }, body: Buffer.from(body) };
  }
  return structured(answer) ?? internalServerError;
}

function structured(answer: Record<string, unknown>): GatewayResponse | undefined {
  const status = Number(answer.statusCode);
  const body = answer.body ?? '';
  const headers = readHeaders(answer.headers ?? {});
  const cookies = answer.cookies ?? [];
  if (!Number.isInteger(status) || status < 200 || status > 599) return undefined;
  if (typeof body !== 'string' || headers === undefined || !isCookies(cookies)) return undefined;
  return {
    status,
    headers: {
      ...(body === '' ? {} : { 'content-type': 'text/plain;charset=UTF-8' }),
      ...headers,
      ...(cookies.length === 0 ? {} : { 'set-cookie': cookies }),
    },
    body: Buffer.from(body, answer.isBase64Encoded === true ? 'base64' : 'utf8'),
  };
}

/** Headers that the gateway sets for its own connection to the client. */
const ownHeaders = new Set(['connection', 'content-length', 'keep-alive', 'transfer-encoding', 'upgrade']);

function readHeaders(value: unknown): Record<string, string> | undefined {
  if (!isRecord(value)) return undefined;
  const headers: Record<string, string> = {};
  for (const [name, content] of Object.entries(value)) {
    const isScalar =
      typeof content === 'string' || typeof content === 'number' || typeof content === 'boolean';
    if (!isScalar || !isSendable(name, String(content))) return undefined;
    if (!ownHeaders.has(name.toLowerCase())) headers[name.toLowerCase()] = String(content);
  }
  return headers;
}

function isCookies(value: unknown): value is readonly string[] {
  return (
    Array.isArray(value) &&
    value.every((cookie) => typeof cookie === 'string' && isSendable('set-cookie', cookie))
  );
}

function isSendable(name: string, value: string): boolean {
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    return true;
  } catch {
    return false;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
