import { describe, expect, it } from 'vitest';
import { type AuditedRun, auditTable } from '../../../../cli/dead-letters/audit.ts';
import { type LettersTable, lettersTable } from '../../../../cli/dead-letters/letters-table.ts';
import { begin, type Change, discard, type RunId, settle } from '../../../../cli/dead-letters/transitions.ts';
import { type DeadLetter, HISTORY_LIMIT } from '../../../../functions/dead-letters/letter.ts';
import { deadLetterStore } from '../../../../functions/dead-letters/store.ts';
import { testClient, testTable } from '../../../support/dynamodb.ts';
import { testEngines } from '../../../support/engines.ts';

const letter: DeadLetter = {
  consumer: 'email-service',
  record: {
    topicPartition: 'orders-3',
    topic: 'orders',
    partition: 3,
    offset: 41,
    timestamp: 1772366400041,
    key: Uint8Array.of(0, 255),
    value: null,
    headers: [
      ['ce_id', Uint8Array.of(200)],
      ['ce_id', Uint8Array.of()],
    ],
  },
  reason: 'unexpected',
  error: { code: 'TypeError', detail: 'at x' },
};
const key = { consumer: 'email-service', recordId: 'orders-3@41#1772366400041' };
const at = (minute: number) => new Date(Date.UTC(2026, 2, 1, 12, minute));
const [runA, runB] = ['run-a' as RunId, 'run-b' as RunId];
const rules = { runId: runA, takesOver: new Set<RunId>(), cap: 3 };

describe.each(['ministack', 'dynamodbLocal'] as const)('the dead letters on %s', (engine) => {
  async function fixture() {
    const client = testClient(testEngines()[engine]);
    const table = await testTable(client, { hash: 'consumer', range: { name: 'recordId', type: 'S' } });
    const letters = lettersTable(client, table);
    return {
      giveUp: deadLetterStore(client, table),
      letters,
      audit: auditTable(client, table),
      read: async () => {
        const found = await letters.letter(key);
        if (found === undefined) throw new Error('the letter is gone');
        return found;
      },
      recordIds: async (...chosen: Parameters<LettersTable['summaries']>) => {
        const found: string[] = [];
        for await (const { consumer, recordId } of letters.summaries(...chosen))
          found.push(`${consumer}/${recordId}`);
        return found.sort();
      },
    };
  }

  function changeOf(step: ReturnType<typeof begin> | ReturnType<typeof discard>): Change {
    if (step.kind === 'leave') throw new Error(`left: ${step.left.kind}`);
    return step.change;
  }

  it('are read as a consumer wrote them', async () => {
    const { giveUp, read, letters } = await fixture();
    await giveUp(letter, at(0));
    const found = await read();
    expect(found).toMatchObject({
      ...key,
      status: 'OPEN',
      version: 1,
      replays: 0,
      attempts: 1,
      partition: 3,
      offset: 41,
      timestamp: 1772366400041,
      key: Uint8Array.of(0, 255),
      headers: [
        { name: 'ce_id', value: Uint8Array.of(200) },
        { name: 'ce_id', value: Uint8Array.of() },
      ],
      error: letter.error,
      lastSeenAt: at(0).toISOString(),
      history: [{ event: 'DEAD_LETTERED', reason: 'unexpected', code: 'TypeError' }],
    });
    expect(found.value).toBeUndefined();
    for await (const summary of letters.summaries({})) {
      expect(found).toMatchObject(summary);
      expect(Object.keys(summary)).not.toContain('value');
    }
    expect(await letters.letter({ ...key, consumer: 'nobody' })).toBeUndefined();
  });

  it('go through a replay that ends well, and one that fails, with every step in the history', async () => {
    const { giveUp, read, letters } = await fixture();
    await giveUp(letter, at(0));
    const begun = await letters.change(key, changeOf(begin(await read(), rules, false, at(1))));
    expect(begun).toMatchObject({
      kind: 'changed',
      letter: { status: 'REPLAYING', replays: 1, runId: runA, key: Uint8Array.of(0, 255) },
    });
    expect((await read()).reservedUntil).toBeGreaterThan(at(1).getTime());
    await letters.change(key, settle(await read(), { kind: 'failed', code: 'Oops' }, rules, at(2)));
    const failed = await read();
    expect(failed).toMatchObject({ status: 'OPEN', version: 1, replays: 1 });
    expect([failed.runId, failed.reservedUntil]).toEqual([undefined, undefined]);

    await letters.change(key, changeOf(begin(failed, { ...rules, runId: runB }, false, at(3))));
    await letters.change(key, settle(await read(), { kind: 'handled' }, { ...rules, runId: runB }, at(4)));
    expect(await read()).toMatchObject({ status: 'REPLAYED', version: 1, replays: 2, runId: runB });
    expect((await read()).history).toEqual([
      { at: at(0).toISOString(), event: 'DEAD_LETTERED', reason: 'unexpected', code: 'TypeError' },
      { at: at(1).toISOString(), event: 'REPLAYING', runId: runA },
      { at: at(2).toISOString(), event: 'REPLAY_FAILED', runId: runA, code: 'Oops' },
      { at: at(3).toISOString(), event: 'REPLAYING', runId: runB },
      { at: at(4).toISOString(), event: 'REPLAYED', runId: runB },
    ]);
  });

  it('are not REPLAYED when the consumer has given the record up again', async () => {
    const { giveUp, read, letters } = await fixture();
    await giveUp(letter, at(0));
    await letters.change(key, changeOf(begin(await read(), rules, false, at(1))));
    const held = await read();
    await giveUp(letter, at(2));
    const refused = await letters.change(key, settle(held, { kind: 'handled' }, rules, at(3)));
    expect(refused).toMatchObject({ kind: 'refused', found: { status: 'OPEN', version: 2 } });
    expect(await read()).toMatchObject({ status: 'OPEN', version: 2, attempts: 2, replays: 1 });
  });

  it('refuse a change that expects another status, version, count or run', async () => {
    const { giveUp, read, letters } = await fixture();
    await giveUp(letter, at(0));
    const fresh = changeOf(begin(await read(), rules, false, at(1)));
    const others = [{ status: 'PARKED' }, { version: 2 }, { replays: 1 }, { runId: runB }] as const;
    for (const other of others) {
      const change = { ...fresh, expected: { ...fresh.expected, ...other } };
      expect(await letters.change(key, change)).toMatchObject({ kind: 'refused', found: { status: 'OPEN' } });
    }
    await letters.change(key, fresh);
    const end = settle(await read(), { kind: 'handled' }, rules, at(2));
    const later = [
      { status: 'OPEN' },
      { version: 2 },
      { replays: 0 },
      { replays: 2 },
      { runId: runB },
      { runId: undefined },
    ] as const;
    for (const other of later) {
      const change = { ...end, expected: { ...end.expected, ...other } };
      expect(await letters.change(key, change)).toMatchObject({
        kind: 'refused',
        found: { status: 'REPLAYING' },
      });
    }
    expect(await letters.change({ ...key, recordId: 'none' }, end)).toEqual({ kind: 'refused' });
  });

  it('let one of two runs begin a letter, and tell the other who has it', async () => {
    const { giveUp, read, letters } = await fixture();
    await giveUp(letter, at(0));
    const state = await read();
    const runs = [runA, runB].map((runId) => changeOf(begin(state, { ...rules, runId }, false, at(1))));
    const changed = await Promise.all(runs.map((change) => letters.change(key, change)));
    expect(changed.map(({ kind }) => kind).sort()).toEqual(['changed', 'refused']);
    const winner = changed[0]?.kind === 'changed' ? runA : runB;
    expect(changed.find(({ kind }) => kind === 'refused')).toMatchObject({ found: { runId: winner } });
  });

  it('take a write that is sent again for done, and note it once', async () => {
    const { giveUp, read, letters } = await fixture();
    await giveUp(letter, at(0));
    const change = changeOf(begin(await read(), rules, false, at(1)));
    expect((await letters.change(key, change)).kind).toBe('changed');
    expect((await letters.change(key, change)).kind).toBe('changed');
    expect((await read()).history).toHaveLength(2);
  });

  it('keep the first entries of a history that is full, and the newest', async () => {
    const { giveUp, read, letters } = await fixture();
    for (let n = 0; n < HISTORY_LIMIT; n++) await giveUp(letter, at(n));
    const change = changeOf(discard(await read(), runA, at(59)));
    expect((await letters.change(key, change)).kind).toBe('changed');
    const { history } = await read();
    expect(history).toHaveLength(HISTORY_LIMIT);
    expect(history[0]).toMatchObject({ at: at(0).toISOString() });
    expect(history.at(-1)).toEqual({ at: at(59).toISOString(), event: 'DISCARDED', runId: runA });
  });

  it('are chosen by consumer, status, reason and time, and are no runs', async () => {
    const { giveUp, letters, recordIds, audit } = await fixture();
    const give = (consumer: string, offset: number, reason: DeadLetter['reason'], minute: number) =>
      giveUp({ ...letter, consumer, reason, record: { ...letter.record, offset } }, at(minute));
    await give('email-service', 41, 'unexpected', 0);
    await give('email-service', 42, 'invalid', 5);
    await give('shipping-service', 41, 'unexpected', 10);
    await audit.begin(run);
    const one = await letters.letter(key);
    if (one) await letters.change(key, changeOf(discard(one, runA, at(20))));

    const [a, b, c] = [
      `email-service/orders-3@41#${letter.record.timestamp}`,
      `email-service/orders-3@42#${letter.record.timestamp}`,
      `shipping-service/orders-3@41#${letter.record.timestamp}`,
    ];
    expect(await recordIds({})).toEqual([a, b, c]);
    expect(await recordIds({ consumer: 'email-service' })).toEqual([a, b]);
    expect(await recordIds({ consumer: 'email-service' }, ['OPEN'])).toEqual([b]);
    expect(await recordIds({ reasons: [] }, ['OPEN', 'REPLAYING'])).toEqual([b, c]);
    expect(await recordIds({ reasons: ['invalid', 'conflict'] })).toEqual([b]);
    expect(await recordIds({ since: at(5).toISOString() })).toEqual([b, c]);
    expect(await recordIds({ since: at(1).toISOString(), until: at(5).toISOString() })).toEqual([b]);
    expect(await recordIds({ consumer: 'email-service', reasons: ['unexpected'] })).toEqual([a]);
  });

  it('are all read where they fill several pages', async () => {
    const { giveUp, recordIds } = await fixture();
    const value = new Uint8Array(300_000);
    for (let offset = 0; offset < 8; offset++) {
      await giveUp({ ...letter, record: { ...letter.record, offset, value } }, at(0));
    }
    expect(await recordIds({})).toHaveLength(8);
    expect(await recordIds({ consumer: 'email-service' })).toHaveLength(8);
  });

  const run: AuditedRun = {
    runId: runA,
    action: 'replay',
    who: 'someone@somewhere',
    why: 'the mail server is back',
    selection: { consumer: 'email-service', reasons: ['refused'], until: at(9).toISOString(), keys: [key] },
    limits: { rate: 2.5, cap: 3, maxAgeMs: 86_400_000 },
    resumes: [runB],
    startedAt: at(0).toISOString(),
    updatedAt: at(0).toISOString(),
    counts: { chosen: 2, skipped: 0 },
  };

  it('keep what is known of every run, the newest first, each id once', async () => {
    const { audit } = await fixture();
    await audit.begin(run);
    await audit.begin({ ...run, runId: runB, action: 'discard', limits: undefined, resumes: [] });
    await expect(audit.begin({ ...run, startedAt: at(1).toISOString() })).rejects.toThrow();
    await audit.begin(run);
    await audit.note({ runId: runA, counts: { chosen: 2, replayed: 1 }, updatedAt: at(2).toISOString() });
    const ended = {
      counts: { chosen: 2, replayed: 2 },
      updatedAt: at(3).toISOString(),
      ended: 'finished',
    } as const;
    await audit.note({ runId: runA, ...ended });
    const [newest, oldest] = await audit.runs();
    expect(newest).toMatchObject({ runId: runB, action: 'discard', resumes: [] });
    expect(newest?.ended).toBeUndefined();
    expect(oldest).toEqual({ ...run, ...ended });
    await expect(audit.note({ ...ended, runId: 'none' as RunId })).rejects.toThrow();
  });
});
