import { describe, expect, it } from 'vitest';
import { IN_REAL_TIME, type Timing } from '../../../functions/backoff.ts';
import { type Item, insertItems, readItems, type Table } from '../../../functions/dynamodb.ts';
import { scan, sentCommands, testClient, testTable } from '../../support/dynamodb.ts';
import { testEngines } from '../../support/engines.ts';

/** The time of a batch is up at the first pause: what its one request met is what it answers. */
function oneRequest(): Timing {
  const up = new AbortController();
  return { ...IN_REAL_TIME, timeout: () => up.signal, sleep: async () => up.abort() };
}

const item = (id: string, text = 'x'): Item => ({ id: { S: id }, text: { S: text } });
const many = (count: number, text?: string) =>
  Array.from({ length: count }, (_, n) => item(`key-${n}`, text));

describe.each(['ministack', 'dynamodbLocal'] as const)('insertItems on %s', (engine) => {
  async function fixture() {
    const client = testClient(testEngines()[engine]);
    const table: Table = { client, name: await testTable(client, { hash: 'id' }), key: 'id' };
    return {
      client,
      table,
      insert: (items: readonly Item[]) => insertItems(table, items),
      read: (items: readonly Item[]) =>
        readItems(
          table,
          items.map(({ id }): Item => (id === undefined ? {} : { id })),
        ),
    };
  }

  it('inserts what is new, and leaves what stood there before unchanged, to be read', async () => {
    const { insert, read } = await fixture();
    await insert([item('a', 'first')]);
    expect(await insert([item('a', 'second'), item('b')])).toEqual(
      new Map([
        ['a', { kind: 'exists' }],
        ['b', { kind: 'inserted' }],
      ]),
    );
    expect((await read([item('a')])).get('a')).toEqual({ kind: 'found', item: item('a', 'first') });
  });

  it('lets the first of several items with one key count', async () => {
    const { client, table, insert } = await fixture();
    const results = await insert([item('a', 'first'), item('a', 'second')]);
    expect([...results.values()]).toEqual([{ kind: 'inserted' }]);
    expect(await scan(client, table.name)).toEqual([item('a', 'first')]);
  });

  it('keeps values exactly, however they are spelled', async () => {
    const { client, table, insert, read } = await fixture();
    const odd: Item = {
      id: { S: `it's a "key"` },
      text: { S: `'; DROP "x" ? \u0000 😀` },
      empty: { S: '' },
      list: { L: [{ M: { quantity: { N: '2' }, none: { NULL: true } } }] },
    };
    await insert([odd]);
    expect(await scan(client, table.name)).toEqual([odd]);
    expect([...(await insert([odd])).values()]).toEqual([{ kind: 'exists' }]);
    expect([...(await read([odd])).values()]).toEqual([{ kind: 'found', item: odd }]);
  });

  it('needs 4 requests for 100 items, new or not, and 1 more to read them', async () => {
    const { client, insert, read } = await fixture();
    const sent = sentCommands(client);
    await insert(many(100));
    expect(sent.splice(0)).toEqual(Array(4).fill('BatchExecuteStatementCommand'));

    const results = await insert(many(100));
    expect([...results.values()].every(({ kind }) => kind === 'exists')).toBe(true);
    await read(many(100));
    expect(sent).toEqual([...Array(4).fill('BatchExecuteStatementCommand'), 'BatchGetItemCommand']);
  });

  it('asks again for what one answer could not hold', async () => {
    const { insert, read } = await fixture();
    // 60 x 300 kB: beyond the 16 MB that one BatchGetItem returns.
    const large = many(60, 'x'.repeat(300_000));
    await insert(large);
    const results = await read(large);
    expect([...results.values()].filter(({ kind }) => kind === 'found')).toHaveLength(60);
  });

  it('one of two rivals wins each key', async () => {
    const { insert } = await fixture();
    const rivals = await Promise.all([insert(many(50, 'a')), insert(many(50, 'b'))]);
    for (const { id } of many(50)) {
      const kinds = rivals.map((results) => results.get(id?.S ?? '')?.kind).sort();
      expect(kinds).toEqual(['exists', 'inserted']);
    }
  });

  it('reports a failure for each item, and whether it may pass', async () => {
    const { client } = await fixture();
    const table: Table = { client, name: 'no-such-table', key: 'id', timing: oneRequest() };
    expect((await insertItems(table, [item('a')])).get('a')).toMatchObject({
      kind: 'failed',
      error: { code: 'ResourceNotFound', retriable: true },
    });
  });
});

describe('insertItems', () => {
  it('reports every item of a request that found nobody', async () => {
    const table: Table = {
      client: testClient('http://127.0.0.1:1'),
      name: 't',
      key: 'id',
      timing: oneRequest(),
    };
    const results = await insertItems(table, many(25));
    expect(results.size).toBe(25);
    expect(results.get('key-24')).toMatchObject({
      kind: 'failed',
      error: { code: 'ECONNREFUSED', retriable: true },
    });
  });

  it('reports a refused statement alone', async () => {
    const client = testClient(testEngines().dynamodbLocal);
    const table: Table = { client, name: await testTable(client, { hash: 'id' }), key: 'id' };
    const results = await insertItems(table, [item('good'), item('too-large', 'x'.repeat(420_000))]);
    expect(results.get('good')).toEqual({ kind: 'inserted' });
    expect(results.get('too-large')).toMatchObject({
      kind: 'failed',
      error: { code: 'ValidationError', retriable: false },
    });
  });
});
