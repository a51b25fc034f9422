import { describe, expect, it } from 'vitest';
import type { FindConsumer } from '../../../../cli/dead-letters/consumer.ts';
import type { StoredLetter } from '../../../../cli/dead-letters/letters-table.ts';
import {
  DEFAULT_MAX_AGE_MS,
  describePlan,
  fateOf,
  type PlanRules,
} from '../../../../cli/dead-letters/plan.ts';
import type { RunId } from '../../../../cli/dead-letters/transitions.ts';
import { itemOf } from '../../../../functions/ledger/ledger.ts';
import { aLetter } from '../../../support/stored-letters.ts';

const now = new Date('2026-03-02T12:00:00.000Z');
const consumer = { functionArn: 'arn', eventSourceArn: 'cluster', partialResponses: true };
const consumers: FindConsumer = (group) =>
  group === 'gone' ? 'unknown' : group === 'shared' ? 'ambiguous' : consumer;
const rules: PlanRules = {
  runId: 'run' as RunId,
  takesOver: new Set(),
  cap: 3,
  findConsumer: consumers,
  maxAgeMs: 86_400_000,
  named: false,
};
const other = 'other' as RunId;
const reserved = { status: 'REPLAYING', runId: other, reservedUntil: now.getTime() + 1 } as const;

describe('a plan', () => {
  it.each<[string, Partial<StoredLetter>, unknown]>([
    ['replays an open letter', {}, { kind: 'replay', consumer }],
    [
      'replays a record that is just not too old',
      { timestamp: now.getTime() - 86_400_000 },
      { kind: 'replay' },
    ],
    ['parks what was replayed too often', { replays: 3 }, { kind: 'park' }],
    ['leaves what another run holds', reserved, { skip: { kind: 'reserved', runId: other } }],
    ['leaves what is parked', { status: 'PARKED', replays: 3 }, { skip: { kind: 'parked', replays: 3 } }],
    ['leaves what has ended', { status: 'REPLAYED' }, { skip: { kind: 'settled', status: 'REPLAYED' } }],
    ['replays what the collector could not read', { reason: 'unreadable' }, { kind: 'replay' }],
    ['leaves what was cut', { truncatedFrom: 9 }, { skip: { kind: 'truncated' } }],
    ['leaves what has no consumer', { consumer: 'gone' }, { skip: { kind: 'unknown-consumer' } }],
    ['leaves what has two', { consumer: 'shared' }, { skip: { kind: 'ambiguous-consumer' } }],
    ['leaves an old record', { timestamp: now.getTime() - 86_400_001 }, { skip: { kind: 'too-old' } }],
    ['leaves it also where it would be parked', { replays: 3, consumer: 'gone' }, { kind: 'skip' }],
  ])('%s', (_name, letter, expected) => {
    expect(fateOf(aLetter(letter), rules, now)).toMatchObject(expected as object);
  });

  it('says by consumer and reason what it would do, and why it leaves the rest', () => {
    const letters = [
      aLetter({ offset: 1 }),
      aLetter({ offset: 2 }),
      aLetter({ offset: 3, replays: 3 }),
      aLetter({ offset: 4, reason: 'invalid' }),
      aLetter({ offset: 5, ...reserved }),
      aLetter({ offset: 6, consumer: 'gone' }),
      aLetter({ offset: 7, timestamp: 0 }),
      aLetter({ offset: 8, timestamp: 0 }),
    ];
    const planned = letters.map((letter) => ({ letter, fate: fateOf(letter, rules, now) }));
    const text = describePlan(planned, rules);
    expect(text).toMatch(/email-service +unexpected +2 +1\n/);
    expect(text).toMatch(/email-service +invalid +1 +0\n/);
    expect(text).toMatch(/1 {2}reserved by run other until 2026-03-02 12:00 UTC/);
    expect(text).toMatch(/1 {2}no event source mapping of the app has the consumer group gone/);
    expect(text).toMatch(/2 {2}the record is older than 1d \(--max-age\)/);
  });

  it('leaves ten days before the ledger may have forgotten an effect', () => {
    const { expiresAt } = itemOf('key', { status: 'SENT' }, 0);
    expect(Number(expiresAt?.N) * 1000 - DEFAULT_MAX_AGE_MS).toBe(10 * 86_400_000);
  });
});
