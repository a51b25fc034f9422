import { describe, expect, test } from 'vitest';
import { type Batch, NOTHING_YET } from '../../../../../local/event-sources/delivery/state.ts';
import { judge, type Verdict } from '../../../../../local/event-sources/delivery/verdict.ts';
import { type KafkaRecord, locateKafkaRecord } from '../../../../../local/event-sources/kafka/event.ts';
import type { InvocationResult } from '../../../../../local/lambda/invocation.ts';
import { functionError } from '../../../../support/invocation-results.ts';

const records = (...offsets: number[]): KafkaRecord[] =>
  offsets.map((offset) => ({ offset, timestamp: 0, json: '{}', bytes: 3 }));
const batch: Batch<KafkaRecord> = {
  id: 1,
  poller: 0,
  ...NOTHING_YET,
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
    ['a function error', functionError(), { kind: 'failed', cause: 'function-error', requestId: 'r' }],
    ['a throttle', { kind: 'throttled' }, { kind: 'not-invoked', cause: 'throttled' }],
  ] satisfies [string, InvocationResult, Verdict][])('after %s', (_name, result, expected) => {
    expect(verdict(result)).toEqual(expected);
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
    const malformed = { kind: 'failed', cause: 'malformed-response', requestId: 'r' };
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
    expect(verdict(success(response))).toEqual({
      kind: 'failed',
      cause: 'malformed-response',
      requestId: 'r',
    }),
  );
});

test('the records reported failed, in whatever order and however often', () => {
  const response = failures(
    { partition: 'orders-0', offset: 45 },
    { partition: 'orders-12', offset: 7, reason: 'extra keys are ignored' },
    { partition: 'orders-0', offset: 42 },
    { partition: 'orders-0', offset: 45 },
  );
  expect(verdict(response)).toEqual({
    kind: 'partial',
    requestId: 'r',
    failed: new Map([
      ['orders-0', new Set([1, 2])],
      ['orders-12', new Set([0])],
    ]),
  });
});
