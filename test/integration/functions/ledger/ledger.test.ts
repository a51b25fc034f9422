import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import {
  type ClaimResult,
  claimNew,
  heldBack,
  LEASE_MS,
  newClaim,
  readMet,
  takenOver,
  takeOver,
} from '../../../../functions/ledger/act-once.ts';
import {
  dynamoDbLedger,
  LEDGER_KEY,
  type Ledger,
  type LedgerRow,
  type Owner,
} from '../../../../functions/ledger/ledger.ts';
import { simulatedDynamoDb } from '../../../simulator/dynamodb/client.ts';
import { scan, testClient, testTable } from '../../../support/dynamodb.ts';
import { testEngines } from '../../../support/engines.ts';

const NOW = Date.parse('2026-03-01T12:00:00.000Z');
const [me, other] = ['me' as Owner, 'other' as Owner];
const keys = (count: number) => Array.from({ length: count }, (_, n) => `group#event-${n}`);
/** The whole way to a claim, as `actOnce` goes it. */
async function claimKeys(
  ledger: Ledger,
  wanted: readonly string[],
  me: Owner,
  at: number,
): Promise<Map<string, ClaimResult>> {
  const asking = { ledger, me, now: () => at, signal: new AbortController().signal };
  const results = new Map<string, ClaimResult>();
  const met: string[] = [];
  for (const [key, claim] of await claimNew(wanted, asking)) {
    if (claim.kind === 'exists') met.push(key);
    else results.set(key, claim);
  }
  const rows = await readMet(met, asking);
  return new Map([...results, ...(await takeOver(rows, asking))]);
}

const row = (key: string, value: LedgerRow) => new Map([[key, value]]);

/** A ledger over a client, and what stands in its table. */
function over(client: DynamoDBClient, table: string) {
  return { ledger: dynamoDbLedger(client, table, () => NOW), items: () => scan(client, table) };
}

async function onEngine(engine: 'ministack' | 'dynamodbLocal') {
  const client = testClient(testEngines()[engine]);
  return over(client, await testTable(client, { hash: LEDGER_KEY }));
}

const ledgers: Record<string, () => Promise<ReturnType<typeof over>>> = {
  'the simulated DynamoDB': async () =>
    over(simulatedDynamoDb({ tables: { Ledger: { hash: LEDGER_KEY } } }).client, 'Ledger'),
  MiniStack: () => onEngine('ministack'),
  'DynamoDB Local': () => onEngine('dynamodbLocal'),
};

describe.each(Object.entries(ledgers))('a ledger in %s', (_name, ledgerIn) => {
  it('inserts a row once and shows it to whoever comes later', async () => {
    const { ledger } = await ledgerIn();
    const claim = newClaim(me, NOW);
    expect((await ledger.insert(row('a', claim))).get('a')).toEqual({ kind: 'inserted' });
    expect((await ledger.insert(row('a', newClaim(other, NOW)))).get('a')).toEqual({ kind: 'exists' });
    expect((await ledger.read(['a'])).get('a')).toEqual({ kind: 'found', row: claim });
  });

  it('takes a row that is gone for nothing that is known', async () => {
    const { ledger } = await ledgerIn();
    expect((await ledger.read(['a'])).get('a')).toMatchObject({ kind: 'failed', error: { retriable: true } });
  });

  it('replaces a claim only while it is the one that was read', async () => {
    const { ledger } = await ledgerIn();
    const [from, to] = [newClaim(other, NOW), newClaim(me, NOW + LEASE_MS)];
    await ledger.insert(row('a', from));
    const change = new Map([['a', { from, to }]]);
    expect((await ledger.replace(change)).get('a')).toEqual({ kind: 'replaced' });
    expect((await ledger.replace(change)).get('a')).toEqual({ kind: 'changed', row: to });
    const renewed = new Map([['a', { from: { ...to, leaseUntil: 1 }, to: from }]]);
    expect((await ledger.replace(renewed)).get('a')).toEqual({ kind: 'changed', row: to });
  });

  it('replaces neither a settled row nor one that is not there', async () => {
    const { ledger } = await ledgerIn();
    const claim = newClaim(me, NOW);
    await ledger.put(row('sent', { status: 'SENT' }));
    const results = await ledger.replace(
      new Map(['sent', 'absent'].map((key) => [key, { from: claim, to: claim }])),
    );
    expect(results.get('sent')).toEqual({ kind: 'changed', row: { status: 'SENT' } });
    expect(results.get('absent')).toEqual({ kind: 'changed', row: undefined });
  });

  it('puts a row whatever stands there', async () => {
    const { ledger } = await ledgerIn();
    await ledger.insert(row('a', newClaim(other, NOW)));
    expect(await ledger.put(row('a', { status: 'SENT' }))).toEqual(new Map());
    expect((await ledger.read(['a'])).get('a')).toEqual({ kind: 'found', row: { status: 'SENT' } });
  });

  it('grants each key to one of two rivals, new or expired', async () => {
    const { ledger } = await ledgerIn();
    const wanted = keys(60);
    for (const at of [NOW, NOW + LEASE_MS]) {
      const rivals = await Promise.all(
        [`a-${at}`, `b-${at}`].map((owner) => claimKeys(ledger, wanted, owner as Owner, at)),
      );
      for (const key of wanted) {
        expect(rivals.map((results) => results.get(key)?.kind).sort()).toEqual(['granted', 'held']);
      }
    }
  });

  it('grants what my own request wrote, when only its answer was lost', async () => {
    const { ledger } = await ledgerIn();
    const lossy: Ledger = {
      ...ledger,
      insert: async (rows) => {
        await ledger.insert(rows);
        return ledger.insert(rows);
      },
    };
    const claim = takenOver(newClaim(me, NOW), me, NOW);
    expect((await claimKeys(lossy, ['a'], me, NOW)).get('a')).toEqual({ kind: 'granted', claim });
    expect((await ledger.read(['a'])).get('a')).toEqual({ kind: 'found', row: claim });
  });

  it('grants what my own take-over wrote, when only its answer was lost', async () => {
    const { ledger } = await ledgerIn();
    await ledger.insert(row('a', newClaim(other, NOW - LEASE_MS)));
    const lossy: Ledger = {
      ...ledger,
      replace: async (changes) => {
        await ledger.replace(changes);
        return ledger.replace(changes);
      },
    };
    expect((await claimKeys(lossy, ['a'], me, NOW)).get('a')).toEqual({
      kind: 'granted',
      claim: newClaim(me, NOW),
    });
  });

  it('keeps how often an effect was not answered, through take-overs', async () => {
    const { ledger } = await ledgerIn();
    const claim = newClaim(other, NOW);
    const twice = heldBack(heldBack(claim, NOW), NOW);
    await ledger.insert(row('a', claim));
    await ledger.replace(new Map([['a', { from: claim, to: twice }]]));
    const later = NOW + 2 * LEASE_MS;
    const claims = await claimKeys(ledger, ['a'], me, later);
    expect(claims.get('a')).toEqual({ kind: 'granted', claim: takenOver(twice, me, later) });
    expect((await ledger.read(['a'])).get('a')).toMatchObject({ row: { owner: me, unanswered: 2 } });
  });

  it('lets rows expire after 90 days', async () => {
    const { ledger, items } = await ledgerIn();
    await ledger.put(row('a', { status: 'SENT' }));
    const expiresAt = Date.parse('2026-05-30T12:00:00.000Z') / 1000;
    expect((await items())[0]?.expiresAt).toEqual({ N: String(expiresAt) });
  });
});
