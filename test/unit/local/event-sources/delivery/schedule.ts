import fc from 'fast-check';
import type { DeliveryRules } from '../../../../../local/event-sources/delivery/state.ts';

/** How an invocation ends in a schedule. Which records a partial failure names: bit `index % 8` of `named`. */
export type Ending = 'handled' | 'failed' | 'throttled' | 'partial';

export type Move =
  | { readonly do: 'fetch'; readonly partition: number; readonly count: number }
  | { readonly do: 'end'; readonly which: number; readonly how: Ending; readonly named: number }
  /** A give-up is at its destination. */
  | { readonly do: 'gave up'; readonly which: number }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'rebalance'; readonly owners: readonly number[]; readonly rejoined: boolean };

export interface Schedule {
  readonly rules: DeliveryRules;
  readonly partitions: number;
  readonly moves: readonly Move[];
}

export const POLLERS = 2;

/** For thousands of schedules: a second where nothing else runs, much more on a busy machine. */
export const patience = { timeout: 60_000 };

/** The rules of a mapping that says nothing of failures: retried as a whole, without an end. */
export const RETRY_FOREVER = {
  maximumRetryAttempts: 'infinite',
  maximumRecordAgeMs: undefined,
  bisect: false,
  partialResponse: 'checkpoint',
} as const satisfies Partial<DeliveryRules>;

const move: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('fetch' as const),
      partition: fc.nat(3),
      count: fc.integer({ min: 1, max: 12 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('end' as const),
      which: fc.nat(5),
      how: fc.constantFrom<Ending>('handled', 'failed', 'failed', 'throttled', 'partial'),
      named: fc.nat(255),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('gave up' as const), which: fc.nat(5) }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1, 10, 500, 5_000) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('rebalance' as const),
      owners: fc.array(fc.nat(POLLERS - 1), { minLength: 4, maxLength: 4 }),
      rejoined: fc.boolean(),
    }),
  },
);

/** Rules of all kinds; back-off is 100 ms for each attempt. */
export const rulesWith = (
  partialResponse: DeliveryRules['partialResponse'],
  set: Partial<DeliveryRules> = {},
): fc.Arbitrary<DeliveryRules> =>
  fc
    .record({
      batchSize: fc.integer({ min: 1, max: 8 }),
      windowMs: fc.constantFrom(0, 10, 500),
      maxBytes: fc.constantFrom(50, 60, 1_000),
      sliceBytes: fc.constant(5),
      maxInFlight: fc.integer({ min: 1, max: 3 }),
      maximumRetryAttempts: fc.constantFrom<number | 'infinite'>(0, 1, 3, 'infinite'),
      maximumRecordAgeMs: fc.constantFrom(undefined, undefined, 3_000),
      bisect: fc.boolean(),
    })
    .map((rules) => ({ ...rules, partialResponse, backOffMs: (attempt) => 100 * attempt, ...set }));

export const schedules = (partialResponse: DeliveryRules['partialResponse']): fc.Arbitrary<Schedule> =>
  fc.record({
    rules: rulesWith(partialResponse),
    partitions: fc.integer({ min: 1, max: 4 }),
    moves: fc.array(move, { maxLength: 60, size: 'max' }),
  });
