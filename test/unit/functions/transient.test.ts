import { once } from 'node:events';
import { createServer } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { OrderlyError } from '../../../functions/errors.ts';
import { codeOf, isLostAnswer, isTransient } from '../../../functions/transient.ts';

const named = (name: string, more: object = {}) => Object.assign(new Error('secret'), { name }, more);

/** How `fetch` says what happened to its connection. */
const fetchFailed = (code: string) => new TypeError('fetch failed', { cause: named('Error', { code }) });

/** What a service has answered, as the SDK tells it. */
const answered = (name: string, httpStatusCode: number) =>
  named(name, { $fault: httpStatusCode < 500 ? 'client' : 'server', $metadata: { httpStatusCode } });

/** What the SDK throws where an answer ends before its JSON does. */
const unreadable = (httpStatusCode: number) =>
  Object.assign(new SyntaxError('Unexpected end of JSON input'), { $metadata: { httpStatusCode } });

describe('isTransient', () => {
  it.each([
    named('ProvisionedThroughputExceededException'),
    named('ThrottlingException'),
    named('TooManyRequestsException'),
    named('TimeoutError'),
    named('AccessDeniedException'),
    ...['ECONNRESET', 'ECONNABORTED', 'EPROTO', 'ENEVERSEEN', 'HPE_INVALID_CONSTANT', 'CERT_HAS_EXPIRED'].map(
      (code) => named('Error', { code }),
    ),
    named('Error', { code: 'ERR_SSL_WRONG_VERSION_NUMBER' }),
    named('AbortError'),
    answered('SomethingNew', 503),
    unreadable(200),
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
    fetchFailed('UND_ERR_INVALID_ARG'),
    named('TypeError', { code: 'ERR_INVALID_CHAR' }),
    answered('ValidationException', 400),
    answered('MessageRejected', 400),
    new SyntaxError('a text of our own that is no JSON'),
    new OrderlyError('BROKEN', 'broken'),
    'TimeoutError',
    undefined,
  ])('%s does not', (error) => {
    expect(isTransient(error)).toBe(false);
  });
});

describe('isLostAnswer', () => {
  it.each([
    // Nobody was asked.
    [false, named('Error', { code: 'ECONNREFUSED' })],
    [false, named('Error', { code: 'ETIMEDOUT', syscall: 'connect' })],
    [false, named('Error', { code: 'EHOSTUNREACH', syscall: 'connect' })],
    [false, named('Error', { code: 'ENOTFOUND', syscall: 'getaddrinfo' })],
    [false, new AggregateError([named('Error', { code: 'ENETUNREACH', syscall: 'connect' })])],
    [false, fetchFailed('ECONNREFUSED')],
    [false, fetchFailed('UND_ERR_CONNECT_TIMEOUT')],
    [false, named('CredentialsProviderError')],
    // The other side said no.
    [false, answered('TooManyRequestsException', 429)],
    [false, answered('InternalServerError', 500)],
    [false, answered('SomethingNew', 503)],
    // Our own word.
    [false, new OrderlyError('BUSY', 'busy', { retriable: true })],
    [true, new OrderlyError('TimeoutError', 'not ended in time')],
    // Everything else.
    [true, named('TimeoutError')],
    [true, named('AbortError')],
    [true, answered('RequestTimeout', 400)],
    [true, answered('GatewayTimeout', 504)],
    [true, unreadable(200)],
    [true, unreadable(502)],
    [true, named('Error', { code: 'ECONNRESET', syscall: 'read' })],
    [true, named('Error', { code: 'ETIMEDOUT', syscall: 'read' })],
    [true, named('Error', { code: 'EHOSTUNREACH', syscall: 'write' })],
    [true, named('Error', { code: 'ECONNABORTED' })],
    [true, named('Error', { code: 'EPROTO' })],
    [true, named('Error', { code: 'ENEVERSEEN' })],
    [true, new AggregateError([named('Error', { code: 'ECONNREFUSED' }), named('TimeoutError')])],
    [true, fetchFailed('UND_ERR_SOCKET')],
    [true, fetchFailed('UND_ERR_HEADERS_TIMEOUT')],
    [true, new TypeError('x is not a function')],
    [true, new Error('whatever')],
    [true, 'thrown text'],
    [true, undefined],
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
