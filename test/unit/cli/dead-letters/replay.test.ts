import { describe, expect, it } from 'vitest';
import type { Audit, AuditedRun, ReplayRun } from '../../../../cli/dead-letters/audit.ts';
import type { Answer, Consumer } from '../../../../cli/dead-letters/consumer.ts';
import { nameOf, type StoredLetter } from '../../../../cli/dead-letters/letters-table.ts';
import { fateOf, type PlanRules } from '../../../../cli/dead-letters/plan.ts';
import { replay } from '../../../../cli/dead-letters/replay.ts';
import type { RunId } from '../../../../cli/dead-letters/transitions.ts';
import { givenUpAgain, inMemoryLetters } from '../../../support/in-memory-letters.ts';
import { aLetter } from '../../../support/stored-letters.ts';
import { virtualClock } from '../../../support/virtual-clock.ts';

const runId = 'run' as RunId;
const consumer: Consumer = { functionArn: 'arn', eventSourceArn: 'arn', partialResponses: true };
const start = Date.parse('2026-03-01T13:00:00.000Z');
const handled: Answer = { kind: 'handled' };

/** A run over letters in memory; the clock moves when somebody sleeps. */
function fixture(
  chosen: readonly StoredLetter[],
  { rate = 1000, begin }: { readonly rate?: number; readonly begin?: Audit['begin'] } = {},
) {
  const letters = new Map(chosen.map((letter) => [nameOf(letter), letter]));
  const rows: Partial<AuditedRun>[] = [];
  const invokedAt: number[] = [];
  const said: string[] = [];
  const interruption = new AbortController();
  const clock = virtualClock(start);
  const run: ReplayRun = {
    runId,
    action: 'replay',
    who: 'someone@somewhere',
    why: 'to see',
    selection: { reasons: [], keys: [] },
    limits: { rate, cap: 3, maxAgeMs: 86_400_000 },
    resumes: [],
    startedAt: new Date(start).toISOString(),
  };
  const rules: PlanRules = {
    ...run.limits,
    runId,
    takesOver: new Set(),
    named: false,
    findConsumer: () => consumer,
  };
  const audit: Audit = {
    begin: begin ?? (async (row) => void rows.push(row)),
    note: async (row) => void rows.push(row),
    runs: async () => [],
  };
  return {
    rows,
    invokedAt,
    said,
    letters,
    interrupt: () => interruption.abort(new Error('interrupted')),
    stateOf: (letter: StoredLetter) => letters.get(nameOf(letter)),
    replay: (invoke: (event: object, call: number) => Answer | Promise<Answer>) =>
      replay(
        {
          run,
          planned: chosen.map((letter) => ({ letter, fate: fateOf(letter, rules, new Date(start)) })),
          rules,
        },
        {
          letters: inMemoryLetters(letters),
          audit,
          progress: (text) => said.push(text),
          timing: clock,
          invoke: async (_consumer, event) => {
            invokedAt.push(clock.now() - start);
            return invoke(event, invokedAt.length);
          },
        },
        interruption.signal,
      ),
  };
}

const several = (count: number) => Array.from({ length: count }, (_, offset) => aLetter({ offset }));

describe('a replay', () => {
  it('brings every letter to its end, and says so in the audit', async () => {
    const letters = several(3);
    const run = fixture(letters);
    const { ended, results } = await run.replay((_, call) =>
      call === 2 ? { kind: 'failed', code: 'BatchItemFailure' } : handled,
    );
    expect(ended).toBe('finished');
    expect(results.map(({ outcome, code }) => [outcome, code])).toEqual([
      ['replayed', undefined],
      ['failed', 'BatchItemFailure'],
      ['replayed', undefined],
    ]);
    expect(letters.map((letter) => run.stateOf(letter)?.status)).toEqual(['REPLAYED', 'OPEN', 'REPLAYED']);
    expect(run.rows[0]).toMatchObject({ runId, action: 'replay', counts: { chosen: 3, skipped: 0 } });
    expect(run.rows.at(-1)).toMatchObject({
      ended: 'finished',
      counts: { chosen: 3, replayed: 2, failed: 1 },
    });
  });

  it('does nothing where the audit cannot be written', async () => {
    const letters = several(1);
    const run = fixture(letters, { begin: () => Promise.reject(new Error('this id is taken')) });
    await expect(run.replay(() => handled)).rejects.toThrow('this id is taken');
    expect(run.invokedAt).toEqual([]);
    expect(run.stateOf(aLetter({ offset: 0 }))?.status).toBe('OPEN');
  });

  it('begins at most so many letters a second', async () => {
    const run = fixture(several(5), { rate: 4 });
    await run.replay(() => handled);
    const gaps = run.invokedAt.toSorted((one, other) => one - other).map((at, n) => at - n * 250);
    expect(Math.min(...gaps)).toBe(0);
  });

  it('notes about every second how far it has come', async () => {
    const run = fixture(several(5), { rate: 1 });
    await run.replay(() => handled);
    expect(run.said.length).toBeGreaterThan(2);
    expect(run.rows.slice(1, -1).every(({ counts }) => (counts?.replayed ?? 0) > 0)).toBe(true);
  });

  it('calls a letter failed that the consumer gave up again, although it answered that all is well', async () => {
    const [letter = aLetter()] = several(1);
    const run = fixture([letter]);
    const { results } = await run.replay(() => {
      run.letters.set(
        nameOf(letter),
        givenUpAgain(run.stateOf(letter) ?? letter, '2026-03-01T13:00:00.000Z'),
      );
      return handled;
    });
    expect(results).toMatchObject([{ outcome: 'failed', code: 'DeadLettered/unexpected' }]);
    expect(run.stateOf(letter)).toMatchObject({ status: 'OPEN', version: 2, replays: 1 });
  });

  it('parks a letter after its last replay, whether the answer says so or the consumer gave it up again', async () => {
    const [first, second] = [aLetter({ offset: 0, replays: 2 }), aLetter({ offset: 1, replays: 2 })];
    const run = fixture([first, second]);
    const { results } = await run.replay((_, call) => {
      if (call === 1) return { kind: 'failed', code: 'Unhandled/Runtime.ExitError' };
      run.letters.set(
        nameOf(second),
        givenUpAgain(run.stateOf(second) ?? second, '2026-03-01T13:00:00.000Z'),
      );
      return handled;
    });
    expect(results.map(({ outcome }) => outcome)).toEqual(['parked', 'parked']);
    expect(run.stateOf(first)).toMatchObject({ status: 'PARKED', version: 1, replays: 3 });
    expect(run.stateOf(second)).toMatchObject({ status: 'PARKED', version: 2, replays: 3 });
  });

  it('parks without an invocation what was replayed too often already', async () => {
    const run = fixture([aLetter({ replays: 3 })]);
    const { results } = await run.replay(() => handled);
    expect(results).toMatchObject([{ outcome: 'parked', code: 'cap' }]);
    expect(run.invokedAt).toEqual([]);
  });

  it('decides again where a letter has moved since it was chosen', async () => {
    const letters = several(3);
    const run = fixture(letters);
    const [again, cut, settled] = letters;
    if (again) run.letters.set(nameOf(again), givenUpAgain(again, '2026-03-01T13:00:00.000Z'));
    if (cut) run.letters.set(nameOf(cut), { ...cut, version: 2, truncatedFrom: 300_000 });
    if (settled) run.letters.set(nameOf(settled), { ...settled, status: 'DISCARDED' });
    const { results } = await run.replay(() => handled);
    expect(results.map(({ outcome, code }) => [outcome, code]).sort()).toEqual([
      ['left', 'settled'],
      ['left', 'truncated'],
      ['replayed', undefined],
    ]);
  });

  it('asks a consumer without room again', async () => {
    const run = fixture(several(1));
    const { results } = await run.replay((_, call) => (call < 4 ? { kind: 'throttled' } : handled));
    expect(results).toMatchObject([{ outcome: 'replayed' }]);
    expect(run.invokedAt).toEqual([0, 250, 750, 1750]);
  });

  it.each<[string, () => Answer]>([
    ['has no room for a minute', () => ({ kind: 'throttled' })],
    ['refuses the call', () => ({ kind: 'refused', code: 'AccessDeniedException', message: 'no' })],
  ])('ends when the consumer %s, and counts that against no letter', async (_name, answer) => {
    const letters = several(20);
    const run = fixture(letters);
    const { ended, results, failure } = await run.replay(answer);
    expect(ended).toBe('failed');
    expect(failure).toMatchObject({ code: 'INVOCATION_REFUSED', retriable: true });
    expect(results.length).toBeLessThan(letters.length);
    for (const letter of letters) expect(run.stateOf(letter)).toMatchObject({ status: 'OPEN', replays: 0 });
    expect(run.rows.at(-1)).toMatchObject({ ended: 'failed' });
  });

  it('ends what is at work when it is interrupted, and begins nothing more', async () => {
    const letters = several(20);
    const run = fixture(letters);
    const { ended, results } = await run.replay((_, call) => {
      if (call === 6) run.interrupt();
      return handled;
    });
    expect(ended).toBe('interrupted');
    const found = letters.map((letter) => run.stateOf(letter)?.status);
    expect(found.filter((status) => status === 'REPLAYED')).toHaveLength(results.length);
    expect(found.filter((status) => status === 'OPEN')).toHaveLength(letters.length - results.length);
    expect(results.length).toBeLessThan(letters.length);
    expect(run.rows.at(-1)).toMatchObject({ ended: 'interrupted' });
  });

  it('hands a failing table on when the others have ended, and leaves the letter reserved', async () => {
    const letters = several(6);
    const run = fixture(letters);
    const { ended, failure } = await run.replay((_, call) => {
      if (call === 2) return Promise.reject(new Error('the table is away'));
      return handled;
    });
    expect([ended, failure]).toEqual(['failed', new Error('the table is away')]);
    const found = letters.map((letter) => run.stateOf(letter)?.status);
    expect(found.filter((status) => status === 'REPLAYING')).toHaveLength(1);
  });
});
