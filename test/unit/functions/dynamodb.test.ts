import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  deleteItems,
  dynamoDbClient,
  executeStatements,
  type Item,
  putItems,
  readItems,
  type Table,
} from '../../../functions/dynamodb.ts';
import { MARK_MS } from '../../../functions/ledger/act-once.ts';
import { dynamoDbLedger, LEDGER_KEY } from '../../../functions/ledger/ledger.ts';
import { simulatedDynamoDb } from '../../simulator/dynamodb/client.ts';
import { recordedConsumer } from '../../support/consumer.ts';

afterEach(() => vi.unstubAllEnvs());

it('no middleware of the SDK copies requests and answers for a log', () => {
  vi.stubEnv('AWS_REGION', 'us-east-1');

  const middleware = dynamoDbClient().middlewareStack.identify();

  expect(middleware).not.toEqual([]);
  expect(middleware.filter((name) => /logger/i.test(name))).toEqual([]);
});

const items = (count: number): Item[] => Array.from({ length: count }, (_, n) => ({ id: { S: `${n}` } }));

/** A table whose first `busyFor` requests leave all but these keys undone. */
function busyTable(busyFor: number, isDone: (key: string) => boolean = () => false) {
  const { ports, waits, clock } = recordedConsumer();
  let left = busyFor;
  const { client, requests } = simulatedDynamoDb({
    tables: { t: { hash: 'id' } },
    fate: () => (left-- > 0 ? { leaves: (key) => !isDone(key) } : undefined),
  });
  const table: Table = { client, name: 't', key: 'id', timing: ports.waiting };
  const asked = () =>
    requests.map(({ input }) => {
      if ('Statements' in input) return (input.Statements as unknown[]).length;
      const { t } = (input as { RequestItems: { t: unknown[] | { Keys: unknown[] } } }).RequestItems;
      return ('Keys' in t ? t.Keys : t).length;
    });
  return { table, asked, waits, clock, waiting: ports.waiting };
}

/** Each kind of batch over these keys: how many have failed, each with a throttle. */
type Batch = (table: Table, keys: Item[], signal?: AbortSignal) => Promise<unknown[]>;
const BATCHES: Readonly<Record<'reads' | 'puts' | 'deletes' | 'statements', Batch>> = {
  reads: async (table, keys, signal) => [...(await readItems(table, keys, signal)).values()].map(failedWith),
  puts: async (table, keys, signal) => [...(await putItems(table, keys, signal)).values()].map(codeOf),
  deletes: async (table, keys) => [...(await deleteItems(table, keys)).values()].map(codeOf),
  statements: async (table, keys, signal) => {
    const text = `INSERT INTO "t" VALUE {'id': ?}`;
    const statements = keys.map(({ id }) => ({ key: id?.S ?? '', text, parameters: id ? [id] : [] }));
    return [...(await executeStatements(table, statements, signal)).values()].map(failedWith);
  },
};
const codeOf = ({ code }: { code: string }) => code;
const failedWith = (result: { kind: string; error?: { code: string } }) => result.error?.code;
const failures = (codes: readonly unknown[]) => codes.filter((code) => code !== undefined);

describe.each(Object.entries(BATCHES))('a batch of %s', (_kind, batch) => {
  it('asks again for what was left undone alone, each time after a longer pause', async () => {
    const { table, asked, waits } = busyTable(3, (key) => key !== '7');
    expect(failures(await batch(table, items(25)))).toEqual([]);
    expect(asked()).toEqual([25, 1, 1, 1]);
    expect(waits).toEqual([25, 50, 100]);
  });

  it('goes on for ten seconds, and then only what is left has failed', async () => {
    const { table, asked, waits } = busyTable(Number.POSITIVE_INFINITY, (key) => key !== '7');
    expect(failures(await batch(table, items(25)))).toEqual(['ThrottlingError']);
    const waited = waits.reduce((sum, ms) => sum + ms, 0);
    expect(waited).toBeGreaterThanOrEqual(10_000);
    expect(waited).toBeLessThan(11_000);
    expect(asked().length).toBeGreaterThan(10);
  });

  it('of nothing asks for nothing', async () => {
    const { table, asked } = busyTable(0);
    expect([await batch(table, []), asked()]).toEqual([[], []]);
  });
});

it.each([BATCHES.reads, BATCHES.puts, BATCHES.statements])(
  'a batch ends with the signal that it is given',
  async (batch) => {
    const { table, waits, waiting } = busyTable(Number.POSITIVE_INFINITY);
    expect(failures(await batch(table, items(2), waiting.timeout(300)))).toEqual([
      'ThrottlingError',
      'ThrottlingError',
    ]);
    expect(waits).toEqual([25, 50, 100, 200]);
  },
);

describe('a request that fails as a whole', () => {
  it('is sent again where that passes', async () => {
    const { ports, waits } = recordedConsumer();
    let left = 2;
    const { client } = simulatedDynamoDb({
      tables: { t: { hash: 'id' } },
      fate: () => (left-- > 0 ? 'throttled' : undefined),
    });
    const table: Table = { client, name: 't', key: 'id', timing: ports.waiting };
    expect(await putItems(table, items(3))).toEqual(new Map());
    expect(waits).toEqual([25, 50]);
  });

  it('has failed for each of its parts where it does not', async () => {
    const { client, requests } = simulatedDynamoDb({ tables: { t: { hash: 'another' } } });
    const failed = await putItems({ client, name: 't', key: 'id' }, items(2));
    expect([...failed].map(([key, { code, retriable }]) => [key, code, retriable])).toEqual([
      ['0', 'ValidationException', false],
      ['1', 'ValidationException', false],
    ]);
    expect(requests).toHaveLength(1);
  });
});

it('a mark ends within half of what is kept for it: it may have waited for another one as long', async () => {
  const { ports, waits } = recordedConsumer();
  const { client } = simulatedDynamoDb({ tables: { Ledger: { hash: LEDGER_KEY } }, fate: () => 'throttled' });
  const ledger = dynamoDbLedger(client, 'Ledger', () => 0, ports.waiting);
  const unmarked = await ledger.put(new Map([['key', { status: 'SENT' }]]));
  expect([...unmarked.keys()]).toEqual(['key']);
  const [last = 0] = waits.splice(-1);
  const before = waits.reduce((sum, ms) => sum + ms, 0);
  // The last pause is cut short.
  expect(before).toBeLessThan(MARK_MS / 2);
  expect(before + last).toBeGreaterThanOrEqual(MARK_MS / 2);
});
