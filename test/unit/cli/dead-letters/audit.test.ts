import { expect, it } from 'vitest';
import { type Audit, type AuditedRun, resumedRun } from '../../../../cli/dead-letters/audit.ts';
import type { RunId } from '../../../../cli/dead-letters/transitions.ts';

const run = (runId: string, more: Partial<AuditedRun> = {}): AuditedRun => ({
  runId: runId as RunId,
  action: 'replay',
  who: 'someone@somewhere',
  why: 'to see',
  selection: { reasons: [], keys: [] },
  limits: { rate: 1, cap: 2, maxAgeMs: 3 },
  resumes: [],
  startedAt: '2026-03-01T12:00:00.000Z',
  updatedAt: '2026-03-01T12:00:00.000Z',
  counts: {},
  ...more,
});
const runs = [
  run('1-killed'),
  run('2-interrupted', { ended: 'interrupted' }),
  run('3-failed', { ended: 'failed' }),
  run('4-finished', { ended: 'finished' }),
  run('5-discarded', { action: 'discard', limits: undefined }),
];
const audit: Audit = { begin: async () => undefined, note: async () => undefined, runs: async () => runs };

it.each(['1', '2-inter', '3-FAILED'])(
  'a replay that did not come to its end is found by %s',
  async (word) => {
    expect(await resumedRun(audit, word)).toEqual(runs[Number(word[0]) - 1]);
  },
);

it.each([
  ['4', 'RUN_NOT_FOUND', 'run 4-finished has finished'],
  ['5', 'RUN_NOT_FOUND', 'run 5-discarded was no replay'],
  ['6', 'RUN_NOT_FOUND', 'there is no run 6'],
  ['-', 'RUN_AMBIGUOUS', '- may be several runs'],
])('%s is refused with %s: %s', async (word, code, message) => {
  await expect(resumedRun(audit, word)).rejects.toMatchObject({ code, message });
});
