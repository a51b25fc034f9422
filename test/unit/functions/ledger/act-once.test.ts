import { setImmediate as quiet } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { StatementError } from '../../../../functions/dynamodb.ts';
import {
  type ActOncePorts,
  type Actor,
  actOnce,
  type ExternalEffect,
  givenBack,
  LEASE_MS,
  MARK_MS,
  mayBegin,
  newClaim,
  takenOver,
} from '../../../../functions/ledger/act-once.ts';
import type { Ledger, LedgerRow, Owner } from '../../../../functions/ledger/ledger.ts';
import { recordedConsumer, simulatedLedger } from '../../../support/consumer.ts';

const DEADLINE_MS = 5_000;
const ENDLESS = new AbortController().signal;

function fixture(replace: (ledger: Ledger) => Partial<Ledger> = () => ({})) {
  const { clock, ports: consumer } = recordedConsumer();
  const { ledger: right, rows } = simulatedLedger(consumer);
  const made: string[] = [];
  let attempts = 0;
  const ledger: Ledger = { ...right, ...replace(right) };
  const ports: ActOncePorts = { ledger, now: consumer.now };
  const run = (
    keys: string[],
    act: ExternalEffect<string, string>['act'] = async () => undefined,
    actor: Partial<Actor> = {},
  ) =>
    actOnce<string, string>(
      keys,
      {
        keyOf: (key) => key,
        act: (key) =>
          act(key).then((refusal) => {
            if (refusal === undefined) made.push(key);
            return refusal;
          }),
        deadlineMs: DEADLINE_MS,
        inFlight: 1,
      },
      ports,
      { id: `attempt-${++attempts}`, isOver: () => false, signal: ENDLESS, ...actor },
    );
  const write = (key: string, row: LedgerRow) => ledger.put(new Map([[key, row]]));
  return { rows, write, clock, made, ports, run };
}

describe('actOnce', () => {
  it('makes an effect once over all its deliveries', async () => {
    const { run, made, rows } = fixture();
    expect((await run(['a'])).get('a')).toEqual({ kind: 'made', unmarked: undefined });
    expect((await run(['a'])).get('a')).toEqual({ kind: 'settled', status: 'SENT' });
    expect(made).toEqual(['a']);
    expect(rows().get('a')).toEqual({ status: 'SENT' });
  });

  it('leaves alone what somebody else is at, and takes it over once the lease is past', async () => {
    const { run, made, write, clock } = fixture();
    await write('a', newClaim('zombie' as Owner, clock.now));
    expect((await run(['a'])).get('a')).toEqual({ kind: 'held' });
    expect(made).toEqual([]);
    clock.now += LEASE_MS;
    expect((await run(['a'])).get('a')).toMatchObject({ kind: 'made' });
  });

  it('gives back what failed, so that the next delivery need not wait', async () => {
    const { run, made } = fixture();
    const error = Object.assign(new Error('down'), { code: 'ECONNREFUSED' });
    expect((await run(['a'], () => Promise.reject(error))).get('a')).toMatchObject({
      kind: 'failed',
      error,
    });
    expect((await run(['a'])).get('a')).toMatchObject({ kind: 'made' });
    expect(made).toEqual(['a']);
  });

  it('gives back what was refused for good, so that a replay may try', async () => {
    const { run, rows } = fixture();
    expect((await run(['a'], async () => 'no')).get('a')).toEqual({ kind: 'refused', refusal: 'no' });
    expect(rows().get('a')).toMatchObject({ status: 'CLAIMED', leaseUntil: 0 });
  });

  it('begins nothing whose mark could outlive its lease, and gives it back', async () => {
    const { run, made, clock, rows } = fixture();
    const slow = async () => {
      clock.now += LEASE_MS - MARK_MS - DEADLINE_MS + 1;
      return undefined;
    };
    const results = await run(['a', 'b'], slow);
    expect(results.get('b')).toEqual({ kind: 'not-begun' });
    expect(made).toEqual(['a']);
    expect(rows().get('b')).toMatchObject({ leaseUntil: 0 });
  });

  it('begins and claims nothing more once the time is up, and gives back what it had claimed', async () => {
    const { run, made, rows } = fixture();
    const keys = Array.from({ length: 60 }, (_, index) => `key-${index}`);
    const results = await run(keys, undefined, { isOver: () => made.length === 2 });
    expect(made).toEqual(['key-0', 'key-1']);
    expect(keys.filter((key) => results.get(key)?.kind === 'not-begun')).toHaveLength(58);
    expect([...rows().values()].filter((row) => row.status === 'CLAIMED' && row.leaseUntil > 0)).toEqual([]);
    expect(rows().size).toBe(25);
  });

  it('holds back what may have been made though no answer came, ever longer, from its own actor too', async () => {
    const { run, made, clock } = fixture();
    const lost = Object.assign(new Error('no answer'), { name: 'TimeoutError' });
    const unanswered = async (key: string) => {
      made.push(key);
      throw lost;
    };
    const me = { id: 'me' };
    for (const minutes of [1, 2, 4]) {
      expect((await run(['a'], unanswered, me)).get('a')).toMatchObject({
        kind: 'failed',
        error: lost,
      });
      clock.now += minutes * LEASE_MS - 1;
      expect((await run(['a'], unanswered, me)).get('a')).toEqual({ kind: 'held' });
      clock.now += 1;
    }
    expect((await run(['a'])).get('a')).toMatchObject({ kind: 'made' });
    expect(made).toHaveLength(4);
  });

  it('takes over a claim of its own earlier attempt, with a new lease', async () => {
    const { run, rows, write, clock } = fixture();
    await write('a', newClaim('me' as Owner, clock.now));
    clock.now += LEASE_MS - 1;
    const seen: unknown[] = [];
    const look = async () => {
      seen.push(rows().get('a'));
      return undefined;
    };
    expect((await run(['a'], look, { id: 'me' })).get('a')).toMatchObject({ kind: 'made' });
    expect(seen).toEqual([newClaim('me' as Owner, clock.now)]);
  });

  it('makes the effect of tasks with one key once, and answers for each of them', async () => {
    const { ports } = fixture();
    const [first, other, copy] = [{ key: 'a' }, { key: 'b' }, { key: 'a' }];
    const made: object[] = [];
    const effect: ExternalEffect<{ key: string }, string> = {
      keyOf: ({ key }) => key,
      act: async (task) => {
        made.push(task);
        return task === other ? 'no' : undefined;
      },
      deadlineMs: DEADLINE_MS,
      inFlight: 1,
    };
    const me = { id: 'me', isOver: () => false, signal: ENDLESS };
    const results = await actOnce([first, other, copy, { ...other }], effect, ports, me);
    expect(made).toEqual([first, other]);
    expect([...results.values()]).toEqual([
      { kind: 'made', unmarked: undefined },
      { kind: 'refused', refusal: 'no' },
      { kind: 'settled', status: 'SENT' },
      { kind: 'refused', refusal: 'no' },
    ]);
  });

  it('a zombie that finishes late marks what it made, and takes nothing back from the winner', async () => {
    const { run, rows, clock } = fixture();
    const zombie = run(['a', 'b'], async (key) => {
      if (key === 'a') {
        clock.now += LEASE_MS;
        await run(['a', 'b']);
      }
      return undefined;
    });
    await zombie;
    expect([rows().get('a'), rows().get('b')]).toEqual([{ status: 'SENT' }, { status: 'SENT' }]);
  });

  it('says what it made and could not mark', async () => {
    const error = new StatementError('ThrottlingError', 'busy', { retriable: true });
    const { run } = fixture(() => ({ put: async (rows) => new Map([...rows].map(([key]) => [key, error])) }));
    expect((await run(['a'])).get('a')).toEqual({ kind: 'made', unmarked: error });
  });

  it('makes nothing under a claim that failed', async () => {
    const error = new StatementError('ThrottlingError', 'busy', { retriable: true });
    const { run, made } = fixture((ledger) => ({
      insert: async (rows) => {
        const results = new Map(await ledger.insert(new Map([...rows].filter(([key]) => key !== 'a'))));
        return results.set('a', { kind: 'failed', error });
      },
    }));
    const results = await run(['a', 'b']);
    expect(results.get('a')).toEqual({ kind: 'failed', error });
    expect(made).toEqual(['b']);
  });

  it('claims 25 at a time, just before they act', async () => {
    const claims: number[] = [];
    const { run } = fixture((ledger) => ({
      insert: (rows) => {
        claims.push(rows.size);
        return ledger.insert(rows);
      },
    }));
    await run(Array.from({ length: 60 }, (_, index) => `key-${index}`));
    expect(claims).toEqual([25, 25, 10]);
  });

  describe('with several under way', () => {
    const keys = Array.from({ length: 25 }, (_, n) => `key-${n}`);
    const effectOf = (act: ExternalEffect<string, string>['act']): ExternalEffect<string, string> => ({
      keyOf: (key) => key,
      act,
      deadlineMs: DEADLINE_MS,
      inFlight: 10,
    });
    const me = { id: 'me', isOver: () => false, signal: ENDLESS };

    it('marks what is made while a neighbour gets no answer', async () => {
      const { ports, rows } = fixture();
      const stalled = Promise.withResolvers<undefined>();
      const all = actOnce(
        keys,
        effectOf(async (key) => (key === 'key-3' ? stalled.promise : undefined)),
        ports,
        me,
      );
      await quiet();
      const unmarked = [...rows()].filter(([, { status }]) => status !== 'SENT').map(([key]) => key);
      expect(unmarked).toEqual(['key-3']);
      stalled.resolve(undefined);
      await all;
      expect(rows().get('key-3')).toEqual({ status: 'SENT' });
    });

    it('has never made more without a mark than may be under way, however slow the marks are', async () => {
      const gate = { open: Promise.withResolvers<void>() };
      const puts: number[] = [];
      const { ports, rows } = fixture((ledger) => ({
        put: async (marks) => {
          puts.push(marks.size);
          await gate.open.promise;
          return ledger.put(marks);
        },
      }));
      const made = new Set<string>();
      const unmarked = () => [...made].filter((key) => rows().get(key)?.status !== 'SENT').length;
      const all = actOnce(
        keys,
        effectOf(async (key) => void made.add(key) as undefined),
        ports,
        me,
      );
      let most = 0;
      for (let marked = 0; marked < keys.length; marked = made.size - unmarked()) {
        await quiet();
        most = Math.max(most, unmarked());
        gate.open.resolve();
        gate.open = Promise.withResolvers<void>();
      }
      await all;
      expect(most).toBe(10);
      expect(puts.reduce((sum, size) => sum + size)).toBe(25);
      expect(puts.length).toBeLessThan(10);
    });
  });

  it('holds nothing back of what was not begun: an effect that throws before it returns a promise', async () => {
    const { run, made } = fixture();
    const error = new TypeError('x is not a function');
    const broken = () => {
      throw error;
    };
    expect((await run(['a'], broken)).get('a')).toMatchObject({ kind: 'failed', error });
    expect((await run(['a'])).get('a')).toMatchObject({ kind: 'made' });
    expect(made).toEqual(['a']);
  });
});

const [me, other] = ['me' as Owner, 'other' as Owner];
const now = 1_000_000;

describe('takenOver', () => {
  it('has a lease of its own length', () => {
    const claim = takenOver(givenBack(newClaim(other, now)), me, now);
    expect(claim).toEqual(newClaim(me, now));
  });

  it('never has the lease of the claim before it, so that a late request about that one does not meet it', () => {
    const claim = newClaim(me, now);
    expect(takenOver(claim, me, now).leaseUntil).toBe(claim.leaseUntil + 1);
  });
});

describe('mayBegin', () => {
  const claim = newClaim(me, now);
  it('only while the effect and its mark would end within the lease', () => {
    const last = claim.leaseUntil - MARK_MS - 7_000;
    expect(mayBegin(claim, last, 7_000)).toBe(true);
    expect(mayBegin(claim, last + 1, 7_000)).toBe(false);
  });
});
