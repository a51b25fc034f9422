import { describe, expect, it } from 'vitest';
import type { AwsRequest, Fate } from '../../../../cli/faults/aws-proxy.ts';
import { failedStatements, halfUnprocessed, unprocessed } from '../../../faults/world/request-fates.ts';

const request = (operation: string, body: object): AwsRequest => ({
  operation,
  body: JSON.stringify(body),
  userAgent: '',
});
const writing = (...items: number[]) => request('BatchWriteItem', { RequestItems: { Outbox: items } });
const reading = (...Keys: number[]) =>
  request('BatchGetItem', { RequestItems: { Outbox: { Keys, ConsistentRead: true } } });
const executing = (...Statements: string[]) => request('BatchExecuteStatement', { Statements });

/** What the endpoint is asked, and what its answer becomes; without a request to it, the answer alone. */
function outcome(fate: Fate, answer: object = {}): unknown {
  if (fate.kind === 'answer') return [fate.status, fate.detail];
  if (fate.kind !== 'partly') return fate.kind;
  return { asked: JSON.parse(fate.ask), told: JSON.parse(fate.tell(JSON.stringify(answer))) };
}

describe('unprocessed', () => {
  it('leaves all of a batch undone, in the form of its operation', () => {
    expect(outcome(unprocessed(writing(1, 2)))).toEqual([200, { UnprocessedItems: { Outbox: [1, 2] } }]);
    expect(outcome(unprocessed(reading(1)))).toEqual([
      200,
      { Responses: {}, UnprocessedKeys: { Outbox: { Keys: [1], ConsistentRead: true } } },
    ]);
  });
});

describe('halfUnprocessed', () => {
  it('has the first half done, and tells of the second', () => {
    expect(outcome(halfUnprocessed(writing(1, 2, 3)), { ItemCollectionMetrics: {} })).toEqual({
      asked: { RequestItems: { Outbox: [1] } },
      told: { ItemCollectionMetrics: {}, UnprocessedItems: { Outbox: [2, 3] } },
    });
    expect(outcome(halfUnprocessed(reading(1, 2)), { Responses: { Outbox: ['one'] } })).toEqual({
      asked: { RequestItems: { Outbox: { Keys: [1], ConsistentRead: true } } },
      told: {
        Responses: { Outbox: ['one'] },
        UnprocessedKeys: { Outbox: { Keys: [2], ConsistentRead: true } },
      },
    });
  });

  it('has nothing done of a batch of one', () => {
    expect(outcome(halfUnprocessed(writing(1)))).toEqual([200, { UnprocessedItems: { Outbox: [1] } }]);
  });
});

describe('failedStatements', () => {
  const everySecond = () => {
    let n = 0;
    return () => n++ % 2 === 1;
  };
  const error = (Code: string) => ({ Error: { Code, Message: 'injected' } });

  it('leaves some out, and gives the others their answers', () => {
    const fate = failedStatements(executing('a', 'b', 'c'), false, everySecond());
    expect(outcome(fate, { Responses: [{ Item: 'a' }, { Item: 'c' }] })).toEqual({
      asked: { Statements: ['a', 'c'] },
      told: { Responses: [{ Item: 'a' }, error('ThrottlingError'), { Item: 'c' }] },
    });
  });

  it('has all done, and says of some that they failed', () => {
    const fate = failedStatements(executing('a', 'b'), true, everySecond());
    expect(outcome(fate, { Responses: [{ Item: 'a' }, { Item: 'b' }] })).toEqual({
      asked: { Statements: ['a', 'b'] },
      told: { Responses: [{ Item: 'a' }, error('InternalServerError')] },
    });
  });

  it('asks for nothing where all fail, and leaves a refusal of the endpoint as it is', () => {
    expect(outcome(failedStatements(executing('a'), false, () => true))).toEqual([
      200,
      { Responses: [error('ThrottlingError')] },
    ]);
    expect(
      outcome(
        failedStatements(executing('a'), true, () => true),
        { __type: 'No' },
      ),
    ).toMatchObject({
      told: { __type: 'No' },
    });
  });
});
