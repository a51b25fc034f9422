import { once } from 'node:events';
import { createServer } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { OrderlyError } from '../../../functions/errors.ts';
import { codeOf, isLostAnswer, isTransient } from '../../../functions/transient.ts';

const named = (name: string, more: object = {}) => Object.assign(new Error('secret'), { name }, more);

/** How `fetch` says what happened to its connection. */
const fetchFailed = (code: string) => new TypeError('fetch failed', { cause: named('Error', { code }) });

describe('isTransient', () => {
  it.each([
    named('ProvisionedThroughputExceededException'),
    named('ThrottlingException'),
    named('TooManyRequestsException'),
    named('TimeoutError'),
    named('AccessDeniedException'),
    named('Error', { code: 'ECONNRESET' }),
    named('SomethingNew', { $metadata: { httpStatusCode: 503 } }),
    fetchFailed('ECONNREFUSED'),
    fetchFailed('UND_ERR_CONNECT_TIMEOUT'),
    fetchFailed('UND_ERR_SOCKET'),
    new OrderlyError('BUSY', 'busy', { retriable: true }),
  ])('$name passes', (error) => {
    expect(isTransient(error)).toBe(true);
  });

  it.each([
    named('TypeError'),
    new TypeError('x is not a function'),
    fetchFailed('ERR_INVALID_URL'),
    named('ValidationException', { $metadata: { httpStatusCode: 400 } }),
    named('MessageRejected'),
    new OrderlyError('BROKEN', 'broken'),
    'TimeoutError',
    undefined,
  ])('%s does not', (error) => {
    expect(isTransient(error)).toBe(false);
  });
});

describe('isLostAnswer', () => {
  it.each([
    [true, named('TimeoutError')],
    [true, named('Error', { code: 'ECONNRESET' })],
    [true, fetchFailed('UND_ERR_SOCKET')],
    [true, fetchFailed('UND_ERR_HEADERS_TIMEOUT')],
    [false, fetchFailed('ECONNREFUSED')],
    [false, named('Error', { code: 'ECONNREFUSED' })],
    [false, named('TooManyRequestsException')],
    [false, named('InternalServerError', { $metadata: { httpStatusCode: 500 } })],
    [false, 'TimeoutError'],
  ])('is %s for %s', (lost, error) => {
    expect(isLostAnswer(error)).toBe(lost);
  });
});

describe('fetch', () => {
  it('that finds nobody, or waits too long, is told apart from a bug', async () => {
    const server = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => server.closeAllConnections());
    const address = server.address();
    const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
    const failure = (answer: Promise<unknown>) =>
      answer.then(
        () => undefined,
        (error: unknown) => error,
      );

    const silent = await failure(fetch(url, { signal: AbortSignal.timeout(20) }));
    expect([isLostAnswer(silent), isTransient(silent)]).toEqual([true, true]);

    const cut = failure(fetch(url));
    await once(server, 'request');
    server.closeAllConnections();
    expect(isLostAnswer(await cut)).toBe(true);

    server.close();
    await once(server, 'close');
    const nobody = await failure(fetch(url));
    expect([isLostAnswer(nobody), isTransient(nobody)]).toEqual([false, true]);
  });
});

describe('codeOf', () => {
  it('is the code, or else the name, and never the message', () => {
    expect(codeOf(named('Error', { code: 'EPIPE' }))).toBe('EPIPE');
    expect(codeOf(named('TimeoutError'))).toBe('TimeoutError');
    expect(codeOf('thrown text')).toBe('string');
  });
});
