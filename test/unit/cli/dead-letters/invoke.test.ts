import { Readable } from 'node:stream';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { describe, expect, it } from 'vitest';
import { type Answer, invokeConsumer } from '../../../../cli/dead-letters/invoke.ts';

interface Response {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What an invocation means whose HTTP response is this, or which ended in an error. */
async function answerTo(response: Response | Error, partialResponses = true): Promise<Answer> {
  const client = new LambdaClient({
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
    requestHandler: {
      handle: async () => {
        if (response instanceof Error) throw response;
        return { response: { ...response, body: Readable.from([Buffer.from(response.body)]) } };
      },
    },
  });
  const consumer = { functionArn: 'consumer', eventSourceArn: 'arn', partialResponses };
  try {
    return await invokeConsumer(client)(consumer, {});
  } finally {
    client.destroy();
  }
}

const ok = (body: string, headers = {}): Response => ({ statusCode: 200, headers, body });
const problem = (statusCode: number, type: string): Response => ({
  statusCode,
  headers: { 'x-amzn-errortype': type, 'content-type': 'application/json' },
  body: '{"message":"because"}',
});
const socket = (code: string) => Object.assign(new Error('the socket'), { code });
const failure = '{"batchItemFailures":[{"itemIdentifier":{"partition":"orders-0","offset":41}}]}';
const unhandled = { 'x-amz-function-error': 'Unhandled' };

describe('an invocation', () => {
  it.each<[string, Response | Error, unknown]>([
    ['no failures', ok('{"batchItemFailures":[]}'), { kind: 'handled' }],
    ['null', ok('null'), { kind: 'handled' }],
    ['an empty answer', ok(''), { kind: 'handled' }],
    ['an object without failures', ok('{}'), { kind: 'handled' }],
    ['its record named', ok(failure), { kind: 'failed', code: 'BatchItemFailure' }],
    ['a nameless failure', ok('{"batchItemFailures":[{}]}'), { kind: 'failed', code: 'MalformedResponse' }],
    ['a string', ok('"done"'), { kind: 'failed', code: 'MalformedResponse' }],
    [
      'an exception',
      ok('{"errorType":"Runtime.ExitError","errorMessage":"a customer"}', unhandled),
      { kind: 'failed', code: 'Unhandled/Runtime.ExitError' },
    ],
    ['an exception of no shape', ok('oops', unhandled), { kind: 'failed', code: 'Unhandled/unknown' }],
    ['a throttle', problem(429, 'TooManyRequestsException'), { kind: 'throttled' }],
    ['a service error', problem(500, 'ServiceException'), { kind: 'failed', code: 'ServiceException' }],
    [
      'an event that is too long',
      problem(413, 'RequestTooLargeException'),
      { kind: 'failed', code: 'RequestTooLargeException' },
    ],
    [
      'no permission',
      problem(403, 'AccessDeniedException'),
      { kind: 'refused', code: 'AccessDeniedException', message: 'because' },
    ],
    [
      'no function',
      problem(404, 'ResourceNotFoundException'),
      { kind: 'refused', code: 'ResourceNotFoundException' },
    ],
    [
      'nobody there',
      socket('ECONNREFUSED'),
      { kind: 'refused', code: 'ECONNREFUSED', message: 'the socket' },
    ],
    ['a lost answer', socket('ECONNRESET'), { kind: 'failed', code: 'ECONNRESET' }],
  ])('with %s', async (_name, response, expected) => {
    expect(await answerTo(response)).toMatchObject(expected as object);
  });

  it('says nothing by its answer where the mapping reads no failures', async () => {
    expect(await answerTo(ok(failure), false)).toEqual({ kind: 'handled' });
    expect(await answerTo(ok('{}', unhandled), false)).toMatchObject({ kind: 'failed' });
  });
});
