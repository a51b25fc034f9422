import { describe, expect, it } from 'vitest';
import { OrderlyError } from '../../../functions/errors.ts';
import { codeOf, isLostAnswer, isTransient } from '../../../functions/transient.ts';

const named = (name: string, more: object = {}) => Object.assign(new Error('secret'), { name }, more);

describe('isTransient', () => {
  it.each([
    named('ProvisionedThroughputExceededException'),
    named('ThrottlingException'),
    named('TooManyRequestsException'),
    named('TimeoutError'),
    named('AccessDeniedException'),
    named('Error', { code: 'ECONNRESET' }),
    named('SomethingNew', { $metadata: { httpStatusCode: 503 } }),
    new OrderlyError('BUSY', 'busy', { retriable: true }),
  ])('$name passes', (error) => {
    expect(isTransient(error)).toBe(true);
  });

  it.each([
    named('TypeError'),
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
    [false, named('Error', { code: 'ECONNREFUSED' })],
    [false, named('TooManyRequestsException')],
    [false, named('InternalServerError', { $metadata: { httpStatusCode: 500 } })],
    [false, 'TimeoutError'],
  ])('is %s for %s', (lost, error) => {
    expect(isLostAnswer(error)).toBe(lost);
  });
});

describe('codeOf', () => {
  it('is the code, or else the name, and never the message', () => {
    expect(codeOf(named('Error', { code: 'EPIPE' }))).toBe('EPIPE');
    expect(codeOf(named('TimeoutError'))).toBe('TimeoutError');
    expect(codeOf('thrown text')).toBe('string');
  });
});
