import { expect, test } from 'vitest';
import {
  exited,
  MAX_RESPONSE_BYTES,
  reported,
  responseTooLarge,
  timedOut,
} from '../../../../local/lambda/invocation.ts';

const parsed = (payload: Uint8Array): unknown => JSON.parse(Buffer.from(payload).toString());

test('a timeout is worded as Lambda words it, with two decimals', () => {
  const failure = timedOut('r-1', 3);

  expect(failure.errorType).toBe('Sandbox.Timedout');
  expect(failure.errorMessage).toBe('RequestId: r-1 Error: Task timed out after 3.00 seconds');
  expect(parsed(failure.payload)).toEqual({
    errorType: 'Sandbox.Timedout',
    errorMessage: 'RequestId: r-1 Error: Task timed out after 3.00 seconds',
  });
});

test.each([
  [{ code: 0, signal: null }, 'Runtime exited without providing a reason'],
  [{ code: 7, signal: null }, 'Runtime exited with error: exit status 7'],
  [{ code: null, signal: 'SIGKILL' }, 'Runtime exited with error: signal: killed'],
  [{ code: null, signal: 'SIGABRT' }, 'Runtime exited with error: signal: aborted'],
  [{ code: null, signal: 'SIGUSR1' }, 'Runtime exited with error: signal: signal 10'],
] as const)('the exit %o is a Runtime.ExitError', (exit, reason) => {
  const failure = exited('r-1', exit);

  expect(failure.errorType).toBe('Runtime.ExitError');
  expect(failure.errorMessage).toBe(`RequestId: r-1 Error: ${reason}`);
});

test('a response that is too large names the limit in bytes', () => {
  expect(parsed(responseTooLarge().payload)).toEqual({
    errorType: 'Function.ResponseSizeTooLarge',
    errorMessage: `Response payload size exceeded maximum allowed payload size (${MAX_RESPONSE_BYTES} bytes).`,
  });
});

test('a reported error document is handed on byte for byte', () => {
  const body = Buffer.from('{ "errorType": "E", "errorMessage": "m", "trace": ["t"], "own": 1 }');

  expect(reported(body, 'Header')).toEqual({ errorType: 'E', errorMessage: 'm', payload: body });
});

test.each([['not JSON'], [''], ['null'], ['"text"']])(
  'a report of %o takes its type from the header',
  (body) => {
    const failure = reported(Buffer.from(body), 'Header');

    expect(failure.errorType).toBe('Header');
    expect(parsed(failure.payload)).toEqual({ errorType: 'Header', errorMessage: '' });
  },
);

test('a report without any type has one all the same', () => {
  expect(reported(Buffer.from('{"errorType":1}'), undefined).errorType).toBe('Runtime.Unknown');
});
