import { describe, expect, it } from 'vitest';
import {
  begin,
  discard,
  isAsExpected,
  type LetterState,
  overtaken,
  RESERVED_MS,
  type ReplayOutcome,
  type RunId,
  settle,
} from '../../../../cli/dead-letters/transitions.ts';
import { LETTER_STATUSES, type LetterStatus } from '../../../../functions/dead-letters/letter.ts';

const [mine, other] = ['mine' as RunId, 'other' as RunId];
const now = new Date('2026-03-01T12:00:00.000Z');
const rules = { runId: mine, takesOver: new Set<RunId>(), cap: 3 };
const [past, future] = [now.getTime(), now.getTime() + 1];

function letter(status: LetterStatus, state: Partial<LetterState> = {}): LetterState {
  const held = status === 'REPLAYING' ? { runId: other, reservedUntil: future } : {};
  return { status, version: 7, replays: 1, ...held, ...state };
}

/** What a letter is afterwards, and what is noted of it. */
function ofChange(step: ReturnType<typeof begin> | ReturnType<typeof discard>): unknown {
  if (step.kind === 'leave') return step.left;
  const { next, note } = step.change;
  return [step.kind, next.status, next.replays, next.runId, note.event];
}

describe('begin', () => {
  it.each<[LetterState, boolean, unknown]>([
    [letter('OPEN'), false, ['begin', 'REPLAYING', 2, mine, 'REPLAYING']],
    [letter('OPEN', { replays: 3 }), false, ['park', 'PARKED', 3, mine, 'PARKED']],
    [letter('OPEN', { replays: 3 }), true, ['park', 'PARKED', 3, mine, 'PARKED']],
    [letter('REPLAYING'), false, { kind: 'reserved', runId: other, until: future }],
    [letter('REPLAYING'), true, { kind: 'reserved', runId: other, until: future }],
    [letter('REPLAYING', { reservedUntil: past }), false, ['begin', 'REPLAYING', 2, mine, 'REPLAYING']],
    [letter('REPLAYING', { reservedUntil: undefined }), false, ['begin', 'REPLAYING', 2, mine, 'REPLAYING']],
    [letter('REPLAYING', { reservedUntil: past, replays: 3 }), false, ['park', 'PARKED', 3, mine, 'PARKED']],
    [letter('PARKED'), false, { kind: 'parked', replays: 1 }],
    [letter('PARKED'), true, ['begin', 'REPLAYING', 2, mine, 'REPLAYING']],
    [letter('PARKED', { replays: 3 }), true, { kind: 'parked', replays: 3 }],
    [letter('REPLAYED'), true, { kind: 'settled', status: 'REPLAYED' }],
    [letter('DISCARDED'), true, { kind: 'settled', status: 'DISCARDED' }],
  ])('of %j, named: %s', (state, named, expected) => {
    expect(ofChange(begin(state, rules, named, now))).toEqual(expected);
  });

  it('takes up at once what the run it resumes has left behind', () => {
    const resuming = { ...rules, takesOver: new Set([other]) };
    expect(begin(letter('REPLAYING'), resuming, false, now).kind).toBe('begin');
    expect(begin(letter('REPLAYING', { runId: 'third' as RunId }), resuming, false, now).kind).toBe('leave');
  });

  it('reserves the letter, and expects it as it was read', () => {
    const state = letter('PARKED', { runId: other, replays: 0 });
    const beginning = begin(state, rules, true, now);
    expect(beginning).toMatchObject({
      change: {
        expected: { status: 'PARKED', version: 7, replays: 0, runId: other },
        next: { version: 7, reservedUntil: now.getTime() + RESERVED_MS },
      },
    });
  });
});

describe('settle', () => {
  const held = letter('REPLAYING', { runId: mine, replays: 2 });
  const failed: ReplayOutcome = { kind: 'failed', code: 'BatchItemFailure' };
  const notInvoked: ReplayOutcome = { kind: 'not-invoked', code: 'AccessDeniedException' };

  it.each<[ReplayOutcome, Partial<LetterState>, unknown]>([
    [{ kind: 'handled' }, {}, ['REPLAYED', 2, mine, 'REPLAYED']],
    [{ kind: 'handled' }, { replays: 3 }, ['REPLAYED', 3, mine, 'REPLAYED']],
    [failed, {}, ['OPEN', 2, undefined, 'REPLAY_FAILED']],
    [failed, { replays: 3 }, ['PARKED', 3, mine, 'PARKED']],
    [failed, { replays: 4 }, ['PARKED', 4, mine, 'PARKED']],
    [notInvoked, {}, ['OPEN', 1, undefined, 'REPLAY_FAILED']],
    [notInvoked, { replays: 3 }, ['OPEN', 2, undefined, 'REPLAY_FAILED']],
  ])('of %j with %j', (outcome, state, expected) => {
    const { next, note, expected: condition } = settle({ ...held, ...state }, outcome, rules, now);
    expect([next.status, next.replays, next.runId, note.event]).toEqual(expected);
    expect(next).toMatchObject({ version: 7, reservedUntil: undefined });
    expect(condition).toEqual({ status: 'REPLAYING', version: 7, runId: mine, replays: 2, ...state });
  });
});

describe('overtaken', () => {
  const held = letter('REPLAYING', { runId: mine, replays: 3 });
  it.each<[LetterState | undefined, unknown]>([
    [undefined, { kind: 'taken' }],
    [letter('REPLAYING', { replays: 4 }), { kind: 'taken' }],
    [letter('OPEN', { version: 8, replays: 2 }), { kind: 'dead-lettered-again' }],
    [letter('REPLAYING', { version: 8, replays: 3 }), { kind: 'dead-lettered-again' }],
    [letter('DISCARDED', { version: 8, replays: 3 }), { kind: 'dead-lettered-again' }],
  ])('by %j', (found, expected) => {
    expect(overtaken(held, found, rules, now)).toEqual(expected);
  });

  it('by a consumer that gave it up once too often: then it is parked as it is found', () => {
    const found = letter('OPEN', { version: 8, replays: 3 });
    expect(overtaken(held, found, rules, now)).toMatchObject({
      kind: 'dead-lettered-again',
      park: {
        expected: { status: 'OPEN', version: 8, replays: 3, runId: undefined },
        next: { status: 'PARKED', version: 8 },
      },
    });
  });
});

describe('discard', () => {
  it.each<[LetterState, unknown]>([
    [letter('OPEN'), ['discard', 'DISCARDED', 1, mine, 'DISCARDED']],
    [letter('PARKED'), ['discard', 'DISCARDED', 1, mine, 'DISCARDED']],
    [letter('REPLAYING'), { kind: 'reserved', runId: other, until: future }],
    [letter('REPLAYING', { reservedUntil: past }), ['discard', 'DISCARDED', 1, mine, 'DISCARDED']],
    [letter('REPLAYED'), { kind: 'settled', status: 'REPLAYED' }],
    [letter('DISCARDED'), { kind: 'settled', status: 'DISCARDED' }],
  ])('of %j', (state, expected) => {
    expect(ofChange(discard(state, mine, now))).toEqual(expected);
  });
});

describe('a change', () => {
  it('expects every part of the state that was read', () => {
    const state = letter('OPEN', { runId: other });
    const beginning = begin(state, rules, false, now);
    if (beginning.kind !== 'begin') throw new Error('it did not begin');
    const { change } = beginning;
    expect(isAsExpected(state, change)).toBe(true);
    for (const status of LETTER_STATUSES) {
      expect(isAsExpected({ ...state, status }, change)).toBe(status === 'OPEN');
    }
    for (const moved of [{ version: 8 }, { replays: 2 }, { runId: mine }, { runId: undefined }]) {
      expect(isAsExpected({ ...state, ...moved }, change)).toBe(false);
    }
  });
});
