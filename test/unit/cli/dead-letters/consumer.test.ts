import { Readable } from 'node:stream';
import { LambdaClient } from '@aws-sdk/client-lambda';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Answer,
  findConsumer,
  invokeConsumer,
  replayEvent,
} from '../../../../cli/dead-letters/consumer.ts';
import type { RunId } from '../../../../cli/dead-letters/transitions.ts';
import { decodeKafkaEvent } from '../../../../functions/kafka/decode.ts';
import { aLetter } from '../../../support/stored-letters.ts';

describe('the consumer of a group', () => {
  const mapping = (group: string, fn: string, topic = 'orders', more = {}) => ({
    AmazonManagedKafkaEventSourceConfig: { ConsumerGroupId: group },
    FunctionArn: fn,
    EventSourceArn: 'cluster',
    Topics: [topic],
    ...more,
  });

  it('is the function of its mapping, which says whether answers are read', () => {
    const answers = { FunctionResponseTypes: ['ReportBatchItemFailures' as const] };
    const find = findConsumer([
      { FunctionArn: 'relay', EventSourceArn: 'stream' },
      mapping('a', 'f', 'orders', answers),
      mapping('b', 'g'),
    ]);
    expect(find('a', 'orders')).toEqual({
      functionArn: 'f',
      eventSourceArn: 'cluster',
      partialResponses: true,
    });
    expect(find('b', 'other')).toMatchObject({ functionArn: 'g', partialResponses: false });
    expect(find('c', 'orders')).toBe('unknown');
  });

  it('is told apart by the topic where functions share a group', () => {
    const find = findConsumer([
      mapping('a', 'f', 'one'),
      mapping('a', 'g', 'two'),
      mapping('a', 'g', 'three'),
    ]);
    expect(find('a', 'one')).toMatchObject({ functionArn: 'f' });
    expect(find('a', 'three')).toMatchObject({ functionArn: 'g' });
    expect(find('a', 'four')).toBe('ambiguous');
  });
});

describe('the event of a replay', () => {
  const arn = 'arn:aws:kafka:us-east-1:000000000000:cluster/demo/1';
  const runId = 'run' as RunId;

  it('is the event that Lambda delivered, with one record and the run', () => {
    const letter = aLetter({
      partition: 2,
      headers: [
        { name: 'a', value: Uint8Array.of(1, 200) },
        { name: 'a', value: Uint8Array.of() },
        { name: 'b', value: undefined },
      ],
    });
    expect(replayEvent(letter, arn, runId)).toEqual({
      eventSource: 'aws:kafka',
      eventSourceArn: arn,
      replay: { runId },
      records: {
        'orders-2': [
          {
            topic: 'orders',
            partition: 2,
            offset: 41,
            timestamp: letter.timestamp,
            timestampType: 'CREATE_TIME',
            key: 'a2V5',
            value: 'eyJhIjoxfQ==',
            headers: [{ a: [1, -56] }, { a: [] }, { b: null }],
          },
        ],
      },
    });
  });

  it('brings every byte to the consumer', () => {
    const bytes = fc.uint8Array({ maxLength: 300 });
    const header = fc.record({
      name: fc.string().filter((name) => name !== '__proto__'),
      value: fc.option(bytes, { nil: undefined }),
    });
    const record = fc.record({
      partition: fc.nat(),
      offset: fc.nat(),
      key: fc.option(bytes, { nil: undefined }),
      value: fc.option(bytes, { nil: undefined }),
      headers: fc.array(header, { maxLength: 5 }),
    });
    fc.assert(
      fc.property(record, (parts) => {
        const letter = aLetter(parts);
        const [found, ...others] = decodeKafkaEvent(
          JSON.parse(JSON.stringify(replayEvent(letter, arn, runId))),
        );
        expect(others).toEqual([]);
        expect(found).toMatchObject({
          topicPartition: `orders-${letter.partition}`,
          topic: 'orders',
          partition: letter.partition,
          offset: letter.offset,
          timestamp: letter.timestamp,
        });
        const plain = (some: Uint8Array | null | undefined) => (some == null ? null : [...some]);
        expect([plain(found?.key), plain(found?.value)]).toEqual([plain(letter.key), plain(letter.value)]);
        expect(found?.headers.map(([name, value]) => [name, plain(value)])).toEqual(
          letter.headers.map(({ name, value }) => [name, plain(value)]),
        );
      }),
    );
  });
});

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
