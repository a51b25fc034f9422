import type { InvocationResult, Invoke } from '../lambda/invocation.ts';
import { type GatewayResponse, gatewayResponse, internalServerError, readResponse } from './response.ts';

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
