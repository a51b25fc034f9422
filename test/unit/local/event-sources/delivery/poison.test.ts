import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { step, wakeAt } from '../../../../../local/event-sources/delivery/machine.ts';
import { type DeliveryRules, deliveryState } from '../../../../../local/event-sources/delivery/state.ts';
import type { Verdict } from '../../../../../local/event-sources/delivery/verdict.ts';
import { patience, rulesWith } from './schedule.ts';

interface Numbered {
  readonly offset: number;
  readonly bytes: number;
  readonly timestamp: number;
}

interface Outcome {
  /** The next offset to read, by partition. */
  readonly committed: readonly number[];
  /** Offsets of the poisoned partition. */
  readonly handled: ReadonlySet<number>;
  readonly givenUp: ReadonlySet<number>;
}

/**
 * Runs a mapping whose function fails for the offsets `poison` of partition 0 and for nothing else, until it comes to
 * rest or has retried for long. It `throws` for such a batch, or names the records.
 */
function run(
  rules: DeliveryRules,
  lengths: readonly number[],
  poison: ReadonlySet<number>,
  how: { readonly throws: boolean; readonly destinationHangs: boolean },
): Outcome {
  const state = deliveryState<Numbered>(rules);
  const committed = lengths.map(() => 0);
  const handled = new Set<number>();
  const givenUp = new Set<number>();
  let now = 0;
  const todo: (() => ReturnType<typeof step<Numbered>>)[] = [];

  function take(actions: ReturnType<typeof step<Numbered>>): void {
    for (const action of actions) {
      switch (action.type) {
        case 'commit':
          committed[Number(action.partition)] = action.last.offset + 1;
          break;
        case 'give-up':
          for (const { records } of action.giveUp.slices)
            for (const { offset } of records) givenUp.add(offset);
          if (!how.destinationHangs)
            todo.push(() => step(state, { type: 'gave-up', id: action.giveUp.id }, now));
          break;
        case 'deliver': {
          const { id, slices } = action.batch;
          const poisoned = slices.find(({ partition }) => partition === '0')?.records ?? [];
          const failing = new Set(
            [...poisoned.keys()].filter((index) => poison.has(poisoned[index]?.offset ?? -1)),
          );
          const verdict: Verdict =
            failing.size === 0
              ? { kind: 'handled' }
              : how.throws
                ? { kind: 'failed', cause: 'function-error', requestId: 'r' }
                : { kind: 'partial', failed: new Map([['0', failing]]), requestId: 'r' };
          if (verdict.kind === 'handled') for (const { offset } of poisoned) handled.add(offset);
          todo.push(() => step(state, { type: 'delivered', batchId: id, verdict }, now));
          break;
        }
      }
    }
  }

  const partitions = lengths.map((_, partition) => String(partition));
  take(step(state, { type: 'assigned', poller: 0, partitions, rejoined: true }, now));
  lengths.forEach((length, partition) => {
    const records = Array.from({ length }, (_, offset) => ({ offset, bytes: 10, timestamp: 0 }));
    take(step(state, { type: 'fetched', poller: 0, partition: String(partition), records }, now));
  });
  for (let turns = 0; turns < 600; turns += 1) {
    const next = todo.shift();
    const due = wakeAt(state);
    if (next !== undefined) take(next());
    else if (due !== undefined) {
      now = due;
      take(step(state, { type: 'woken' }, now));
    } else break;
  }
  return { committed, handled, givenUp };
}

const poisoned = (partialResponse: DeliveryRules['partialResponse'], rules: Partial<DeliveryRules>) =>
  fc.record({
    rules: rulesWith(partialResponse, { maximumRecordAgeMs: undefined, maxBytes: 1_000, ...rules }),
    lengths: fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 2, maxLength: 4 }),
    poison: fc.uniqueArray(fc.nat(19), { minLength: 1, maxLength: 3 }),
  });

const RETRIES = { maximumRetryAttempts: 2 };

describe.each(['checkpoint', 'selective'] as const)('with %s responses', patience, (partialResponse) => {
  describe.each([
    ['throws for a poisoned batch, which is bisected', { throws: true }, { bisect: true }],
    ['names its poisoned records', { throws: false }, {}],
  ])('and a function that %s', (_name, { throws }, rules) => {
    test.each([
      ['poison is retried for ever', { maximumRetryAttempts: 'infinite' as const }, false],
      ['the destination never answers', RETRIES, true],
    ])('healthy partitions are handled to their end while %s', (_what, retries, destinationHangs) => {
      fc.assert(
        fc.property(
          poisoned(partialResponse, { ...rules, ...retries }),
          ({ rules: all, lengths, poison }) => {
            const offsets = new Set(poison.map((at) => at % (lengths[0] ?? 1)));
            const { committed } = run(all, lengths, offsets, { throws, destinationHangs });
            expect(committed.slice(1)).toEqual(lengths.slice(1));
            expect(committed[0]).toBeLessThanOrEqual(Math.min(...offsets));
          },
        ),
        { numRuns: 100 },
      );
    });

    test('everything is committed once poison has been given up', () => {
      fc.assert(
        fc.property(
          poisoned(partialResponse, { ...rules, ...RETRIES }),
          ({ rules: all, lengths, poison }) => {
            const offsets = new Set(poison.map((at) => at % (lengths[0] ?? 1)));
            const outcome = run(all, lengths, offsets, { throws, destinationHangs: false });
            expect(outcome.committed).toEqual(lengths);
            for (const offset of offsets) expect(outcome.givenUp).toContain(offset);
            // From a checkpoint on everything is brought again, and in the end given up, together.
            if (throws || partialResponse === 'selective') expect(outcome.givenUp).toEqual(offsets);
          },
        ),
        { numRuns: 100 },
      );
    });
  });
});
