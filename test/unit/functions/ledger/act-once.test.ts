import { describe, expect, it } from 'vitest';
import { type ActOncePorts, actOnce, type ExternalEffect } from '../../../../functions/ledger/act-once.ts';
import { LEASE_MS, type LedgerRow, type Owner } from '../../../../functions/ledger/claim.ts';
import { inMemoryLedger } from '../../../../functions/ledger/in-memory-ledger.ts';
import type { Ledger } from '../../../../functions/ledger/ledger.ts';
import { StatementError } from '../../../../functions/ledger/statement-error.ts';

const DEADLINE_MS = 5_000;

function fixture(replace: (ledger: Ledger) => Partial<Ledger> = () => ({})) {
  const rows = new Map<string, LedgerRow>();
  const clock = { now: 1_000_000 };
  const made: string[] = [];
  const inMemory = inMemoryLedger(rows);
  let owners = 0;
  const ports: ActOncePorts = {
    ledger: { ...inMemory, ...replace(inMemory) },
    newOwner: () => `owner-${++owners}` as Owner,
    now: () => clock.now,
  };
  const run = (keys: string[], act: ExternalEffect<string, string>['act'] = async () => undefined) =>
    actOnce<string, string>(
      keys,
      {
        keyOf: (key) => key,
        act: async (key) => {
          const refusal = await act(key);
          if (refusal === undefined) made.push(key);
          return refusal;
        },
        deadlineMs: DEADLINE_MS,
        inFlight: 1,
      },
      ports,
    );
  return { rows, clock, made, run };
}

describe('actOnce', () => {
  it('makes an effect once over all its deliveries', async () => {
    const { run, made, rows } = fixture();
    expect((await run(['a'])).get('a')).toEqual({ kind: 'made', unmarked: undefined });
    expect((await run(['a'])).get('a')).toEqual({ kind: 'settled', status: 'SENT' });
    expect(made).toEqual(['a']);
    expect(rows.get('a')).toEqual({ status: 'SENT' });
  });

  it('leaves alone what somebody else is at, and takes it over once the lease is past', async () => {
    const { run, made, rows, clock } = fixture();
    rows.set('a', { status: 'CLAIMED', owner: 'zombie' as Owner, leaseUntil: clock.now + LEASE_MS });
    expect((await run(['a'])).get('a')).toEqual({ kind: 'held' });
    expect(made).toEqual([]);
    clock.now += LEASE_MS;
    expect((await run(['a'])).get('a')).toMatchObject({ kind: 'made' });
  });

  it('gives back what failed, so that the next delivery need not wait', async () => {
    const { run, made } = fixture();
    const error = new Error('down');
    expect((await run(['a'], () => Promise.reject(error))).get('a')).toEqual({ kind: 'failed', error });
    expect((await run(['a'])).get('a')).toMatchObject({ kind: 'made' });
    expect(made).toEqual(['a']);
  });

  it('gives back what was refused for good, so that a replay may try', async () => {
    const { run, rows } = fixture();
    expect((await run(['a'], async () => 'no')).get('a')).toEqual({ kind: 'refused', refusal: 'no' });
    expect(rows.get('a')).toMatchObject({ status: 'CLAIMED', leaseUntil: 0 });
  });

  it('begins nothing that could outlive its lease, and gives it back', async () => {
    const { run, made, clock, rows } = fixture();
    const slow = async () => {
      clock.now += LEASE_MS - DEADLINE_MS + 1;
      return undefined;
    };
    const results = await run(['a', 'b'], slow);
    expect(results.get('b')).toEqual({ kind: 'held' });
    expect(made).toEqual(['a']);
    expect(rows.get('b')).toMatchObject({ leaseUntil: 0 });
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
    expect([rows.get('a'), rows.get('b')]).toEqual([{ status: 'SENT' }, { status: 'SENT' }]);
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
});
