import { describe, expect, test } from 'vitest';
import type { Batch } from '../../../../../local/event-sources/delivery/state.ts';
import { judge } from '../../../../../local/event-sources/delivery/verdict.ts';
import { type KafkaRecord, locateKafkaRecord } from '../../../../../local/event-sources/kafka/event.ts';
import type { InvocationResult } from '../../../../../local/lambda/invocation.ts';

const records = (...offsets: number[]): KafkaRecord[] =>
  offsets.map((offset) => ({ offset, timestamp: 0, json: '{}', bytes: 3 }));
const batch: Batch<KafkaRecord> = {
  id: 1,
  poller: 0,
  attempt: 0,
  slices: [
    { partition: 'orders-0', epoch: 1, records: records(41, 42, 45) },
    { partition: 'orders-12', epoch: 1, records: records(7) },
  ],
};
const success = (response: string): InvocationResult => ({
  kind: 'success',
  requestId: 'r',
  payload: Buffer.from(response),
  durationMs: 1,
});
const verdict = (result: InvocationResult, partialResponses = true) =>
  judge(batch, result, { partialResponses, locate: locateKafkaRecord });
const failures = (...identifiers: unknown[]) =>
  success(JSON.stringify({ batchItemFailures: identifiers.map((itemIdentifier) => ({ itemIdentifier })) }));

describe('the whole batch is handled', () => {
  test.each([
    'null',
    '{}',
    '',
    '{"batchItemFailures":[]}',
    '{"batchItemFailures":null}',
    '{"statusCode":200}',
  ])('when the response is %j', (response) =>
    expect(verdict(success(response))).toEqual({ kind: 'handled' }),
  );

  test('whatever the response says, without ReportBatchItemFailures', () => {
    expect(verdict(failures({ partition: 'orders-0', offset: 41 }), false)).toEqual({ kind: 'handled' });
    expect(verdict(success('nonsense'), false)).toEqual({ kind: 'handled' });
  });
});

describe('the whole batch is delivered again', () => {
  test.each([
    [
      'a function error',
      {
        kind: 'function-error',
        requestId: 'r',
        payload: Buffer.from('{}'),
        errorType: 'E',
        errorMessage: 'm',
        durationMs: 1,
      },
      'function-error',
    ],
    ['a throttle', { kind: 'throttled' }, 'throttled'],
  ] satisfies [string, InvocationResult, string][])('after %s', (_name, result, cause) => {
    expect(verdict(result)).toEqual({ kind: 'failed', cause });
  });

  test.each([
    ['an unknown partition', { partition: 'orders-1', offset: 41 }],
    ['an offset that was not in the event', { partition: 'orders-0', offset: 43 }],
    ['an offset below the batch', { partition: 'orders-0', offset: 0 }],
    ['an offset above the batch', { partition: 'orders-0', offset: 46 }],
    ['an offset of another partition', { partition: 'orders-12', offset: 41 }],
    ['a string', 'orders-0-41'],
    ['an offset that is a string', { partition: 'orders-0', offset: '41' }],
    ['a partition that is a number', { partition: 0, offset: 41 }],
    ['no offset', { partition: 'orders-0' }],
    ['null', null],
    ['nothing', undefined],
    ['a fraction', { partition: 'orders-0', offset: 41.5 }],
  ])('when an identifier is %s, even beside a good one', (_name, identifier) => {
    const malformed = { kind: 'failed', cause: 'malformed-response' };
    expect(verdict(failures(identifier))).toEqual(malformed);
    expect(verdict(failures({ partition: 'orders-0', offset: 41 }, identifier))).toEqual(malformed);
  });

  test.each([
    '"ok"',
    '200',
    '[]',
    'true',
    'not json',
    '{"batchItemFailures":{}}',
    '{"batchItemFailures":"x"}',
    '{"batchItemFailures":[41]}',
  ])('when the response is %j', (response) =>
    expect(verdict(success(response))).toEqual({ kind: 'failed', cause: 'malformed-response' }),
  );
});

test('each partition is redelivered from the lowest record reported, in whatever order and however often', () => {
  const response = failures(
    { partition: 'orders-0', offset: 45 },
    { partition: 'orders-12', offset: 7, reason: 'extra keys are ignored' },
    { partition: 'orders-0', offset: 42 },
    { partition: 'orders-0', offset: 45 },
  );
  expect(verdict(response)).toEqual({
    kind: 'partial',
    retryFrom: new Map([
      ['orders-0', 1],
      ['orders-12', 0],
    ]),
  });
});
