import { describe, expect, it } from 'vitest';
import type { KafkaRecord } from '../../../../functions/kafka/decode.ts';
import { DONE, DUPLICATE, deadLetter, type Outcome, retry } from '../../../../functions/kafka/outcome.ts';
import { suspicion } from '../../../../functions/kafka/suspicion.ts';

const THROWS = deadLetter('unexpected', { code: 'TypeError', detail: 'at x' });
const INVALID = deadLetter('invalid', { code: 'RECORD_REJECTED', detail: 'data.total' });
const REFUSED = deadLetter('refused', { code: 'BadRequestException', detail: 'x' });

let offset = 0;
const record = (order?: string): KafkaRecord => ({
  topicPartition: 'orders-0',
  topic: 'orders',
  partition: 0,
  offset: ++offset,
  timestamp: 1,
  key: order === undefined ? null : Buffer.from(order),
  value: null,
  headers: [],
});

/** An environment, and what becomes of the records of one invocation after another. */
function environment() {
  const { begin, judge } = suspicion();
  const invoke = (outcomes: ReadonlyMap<KafkaRecord, Outcome>) => {
    begin();
    return judge(outcomes);
  };
  return {
    invoke,
    /** Each in an invocation of its own, or together in one. */
    alone: (count: number, outcome: Outcome) =>
      Array.from({ length: count }, () => kindOf(invoke(new Map([[record(), outcome]])))).flat(),
    together: (...parts: readonly (readonly [count: number, outcome: Outcome])[]) =>
      kindOf(
        invoke(
          new Map(
            parts.flatMap(([count, outcome]) =>
              Array.from({ length: count }, () => [record(), outcome] as const),
            ),
          ),
        ),
      ),
  };
}

const kindOf = (outcomes: ReadonlyMap<KafkaRecord, Outcome>) =>
  [...outcomes.values()].map((outcome) => (outcome.kind === 'retry' ? outcome.code : outcome.kind));
const lettersIn = (kinds: readonly string[]) => kinds.filter((kind) => kind === 'dead-letter').length;

describe('an exception that nobody expected', () => {
  it.each([1, 19, 20, 100])('makes no letter where nothing has got through: %i in a batch', (count) => {
    expect(new Set(environment().together([count, THROWS]))).toEqual(new Set(['BAD_DEPLOY/TypeError']));
  });

  it('makes none in a thousand invocations of one record each', () => {
    expect(lettersIn(environment().alone(1_000, THROWS))).toBe(0);
  });

  it('makes none where most throw, in one batch or in many', () => {
    expect(lettersIn(environment().together([60, THROWS], [40, DONE]))).toBe(0);
    const { together } = environment();
    for (let batch = 0; batch < 100; batch++) expect(lettersIn(together([3, THROWS], [1, DONE]))).toBe(0);
  });

  it('makes a letter where others get through, before it or beside it', () => {
    expect(environment().together([1, THROWS], [99, DONE])[0]).toBe('dead-letter');
    const { alone } = environment();
    alone(5, DONE);
    expect(alone(1, THROWS)).toEqual(['dead-letter']);
  });

  it('makes a letter of each where a tenth throw', () => {
    const { together } = environment();
    for (let batch = 0; batch < 10; batch++) expect(lettersIn(together([10, THROWS], [90, DONE]))).toBe(10);
  });

  it('waits until there is evidence, and is a letter then', () => {
    const { invoke, alone } = environment();
    const first = new Map([[record(), THROWS]]);
    expect(kindOf(invoke(first))).toEqual(['BAD_DEPLOY/TypeError']);
    alone(4, DONE);
    expect(kindOf(invoke(first))).toEqual(['BAD_DEPLOY/TypeError']);
    alone(1, DONE);
    expect(kindOf(invoke(first))).toEqual(['dead-letter']);
  });

  it('is one failure, however often it is delivered', () => {
    const { invoke, alone } = environment();
    const first = new Map([[record(), THROWS]]);
    for (let delivery = 0; delivery < 50; delivery++) invoke(first);
    alone(5, DONE);
    expect(kindOf(invoke(first))).toEqual(['dead-letter']);
  });

  it('of a code that worked is believed for so long only', () => {
    const { alone } = environment();
    alone(1_000, DONE);
    expect(lettersIn(alone(1_000, THROWS))).toBe(7);
  });

  it('has no evidence in duplicates, in what is skipped or waits, or in what breaks the contract', () => {
    const { together } = environment();
    expect(lettersIn(together([100, DUPLICATE], [20, retry('BUSY')], [1, THROWS]))).toBe(0);
    expect(together([100, INVALID], [1, THROWS]).at(-1)).toBe('BAD_DEPLOY/TypeError');
  });
});

describe('a refusal of the world’s', () => {
  it('is about its record, at once', () => {
    expect(environment().alone(1, REFUSED)).toEqual(['dead-letter']);
  });

  it('is about the account where most are refused: a few letters, and no more', () => {
    expect(lettersIn(environment().alone(1_000, REFUSED))).toBe(4);
    expect(new Set(environment().together([100, REFUSED]))).toEqual(
      new Set(['ACCOUNT_SUSPECTED/BadRequestException']),
    );
    expect(lettersIn(environment().together([60, REFUSED], [40, DONE]))).toBe(0);
  });

  it('is one refusal, however often its event was published, and whatever else happened to its order', () => {
    const { invoke } = environment();
    const refusedAgain = () => kindOf(invoke(new Map([[record('order-1'), REFUSED]])));
    expect(Array.from({ length: 20 }, refusedAgain).flat()).toEqual(Array(20).fill('dead-letter'));
  });

  it('is about its record where most are not', () => {
    expect(lettersIn(environment().together([40, REFUSED], [60, DONE]))).toBe(40);
  });
});

it('never spares what breaks the contract', () => {
  expect(lettersIn(environment().together([60, INVALID], [40, THROWS]))).toBe(60);
});
