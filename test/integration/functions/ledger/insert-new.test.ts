import { describe, expect, it } from 'vitest';
import { IN_REAL_TIME } from '../../../../functions/backoff.ts';
import type { Item } from '../../../../functions/dynamodb.ts';
import { insertNewInto } from '../../../../functions/ledger/insert-new.ts';
import { scan, sentCommands, testClient, testTable } from '../../../support/dynamodb.ts';
import { testEngines } from '../../../support/engines.ts';

/** Batches end soon that can't succeed. */
const SOON = { ...IN_REAL_TIME, timeout: () => AbortSignal.timeout(1_000) };

const item = (id: string, text = 'x'): Item => ({ id: { S: id }, text: { S: text } });
const many = (count: number, text?: string) =>
  Array.from({ length: count }, (_, n) => item(`key-${n}`, text));

describe.each(['ministack', 'dynamodbLocal'] as const)('insertNewInto on %s', (engine) => {
  async function fixture() {
    const client = testClient(testEngines()[engine]);
    const name = await testTable(client, { hash: 'id' });
    return { client, name, insertNew: insertNewInto({ client, name, key: 'id' }) };
  }

  it('inserts what is new and shows what stood there before, unchanged', async () => {
    const { client, name, insertNew } = await fixture();
    await insertNew([item('a', 'first')]);
    const results = await insertNew([item('a', 'second'), item('b')]);
    expect(results).toEqual(
      new Map<string, object>([
        ['a', { kind: 'exists', item: item('a', 'first') }],
        ['b', { kind: 'inserted' }],
      ]),
    );
    expect((await scan(client, name)).find(({ id }) => id?.S === 'a')?.text).toEqual({ S: 'first' });
  });

  it('lets the first of several items with one key count', async () => {
    const { client, name, insertNew } = await fixture();
    const results = await insertNew([item('a', 'first'), item('a', 'second')]);
    expect([...results.values()]).toEqual([{ kind: 'inserted' }]);
    expect(await scan(client, name)).toEqual([item('a', 'first')]);
  });

  it('keeps values exactly, however they are spelled', async () => {
    const { client, name, insertNew } = await fixture();
    const odd: Item = {
      id: { S: `it's a "key"` },
      text: { S: `'; DROP "x" ? \u0000 😀` },
      empty: { S: '' },
      list: { L: [{ M: { quantity: { N: '2' }, none: { NULL: true } } }] },
    };
    await insertNew([odd]);
    expect(await scan(client, name)).toEqual([odd]);
    expect([...(await insertNew([odd])).values()]).toEqual([{ kind: 'exists', item: odd }]);
  });

  it('needs 4 requests for 100 new items and 5 for 100 that exist', async () => {
    const { client, insertNew } = await fixture();
    const first = sentCommands(client);
    await insertNew(many(100));
    expect(first).toEqual(Array(4).fill('BatchExecuteStatementCommand'));

    const again = sentCommands(client);
    const results = await insertNew(many(100));
    expect([...results.values()].every(({ kind }) => kind === 'exists')).toBe(true);
    expect(again).toEqual([...Array(4).fill('BatchExecuteStatementCommand'), 'BatchGetItemCommand']);
  });

  it('asks again for what one answer could not hold', async () => {
    const { insertNew } = await fixture();
    // 60 x 300 kB: beyond the 16 MB that one BatchGetItem returns.
    const large = many(60, 'x'.repeat(300_000));
    await insertNew(large);
    const results = await insertNew(large);
    expect([...results.values()].filter(({ kind }) => kind === 'exists')).toHaveLength(60);
  });

  it('one of two rivals wins each key', async () => {
    const { insertNew } = await fixture();
    const rivals = await Promise.all([insertNew(many(50, 'a')), insertNew(many(50, 'b'))]);
    for (const { id } of many(50)) {
      const kinds = rivals.map((results) => results.get(id?.S ?? '')?.kind).sort();
      expect(kinds).toEqual(['exists', 'inserted']);
    }
  });

  it('reports a failure for each item, and whether it may pass', async () => {
    const { client } = await fixture();
    const insertNew = insertNewInto({ client, name: 'no-such-table', key: 'id', timing: SOON });
    expect((await insertNew([item('a')])).get('a')).toMatchObject({
      kind: 'failed',
      error: { code: 'ResourceNotFound', retriable: true },
    });
  });
});

describe('insertNewInto', () => {
  it('reports every item of a request that found nobody', async () => {
    const insertNew = insertNewInto({
      client: testClient('http://127.0.0.1:1'),
      name: 't',
      key: 'id',
      timing: SOON,
    });
    const results = await insertNew(many(30));
    expect(results.size).toBe(30);
    expect(results.get('key-29')).toMatchObject({
      kind: 'failed',
      error: { code: 'ECONNREFUSED', retriable: true },
    });
  });

  it('reports a refused statement alone', async () => {
    const client = testClient(testEngines().dynamodbLocal);
    const insertNew = insertNewInto({ client, name: await testTable(client, { hash: 'id' }), key: 'id' });
    const results = await insertNew([item('good'), item('too-large', 'x'.repeat(420_000))]);
    expect(results.get('good')).toEqual({ kind: 'inserted' });
    expect(results.get('too-large')).toMatchObject({
      kind: 'failed',
      error: { code: 'ValidationError', retriable: false },
    });
  });
});
