import type { InvocationResult } from '../../local/lambda/invocation.ts';

/** An invocation that ended with this response, of request `r`. */
export function success(response: unknown = null): InvocationResult {
  return { kind: 'success', requestId: 'r', payload: Buffer.from(JSON.stringify(response)), durationMs: 1 };
}

/** An invocation of request `r` whose function threw. */
export function functionError(): InvocationResult {
  const payload = Buffer.from('{"errorType":"Error","errorMessage":"no"}');
  return {
    kind: 'function-error',
    requestId: 'r',
    payload,
    errorType: 'Error',
    errorMessage: 'no',
    durationMs: 1,
  };
}
