import { describe, expect, it } from 'vitest';
import { HISTORY_LIMIT } from '../../../../functions/dead-letters/letter.ts';
import { deadLetterStore } from '../../../../functions/dead-letters/store.ts';
import { collector } from '../../../support/collector.ts';
import { aLetter } from '../../../support/dead-letters.ts';
import { scan, testClient, testTable } from '../../../support/dynamodb.ts';
import { testEngines } from '../../../support/engines.ts';
import { envelopeOf } from '../../../support/envelopes.ts';
import { type LambdaRecord, lambdaRecord } from '../../../support/kafka-event.ts';
import { anOrder, placedEvent } from '../../../support/orders.ts';

const record = lambdaRecord(placedEvent(anOrder('a')), 41, 3);
const withRecord = (changes: Partial<LambdaRecord>) => envelopeOf([{ ...record, ...changes }]);

describe.each(['ministack', 'dynamodbLocal'] as const)('collect on %s', (engine) => {
  async function fixture(create = true) {
    const client = testClient(testEngines()[engine]);
    const table = create
      ? await testTable(client, { hash: 'consumer', range: { name: 'recordId', type: 'S' } })
      : 'no-such-table';
    const write = deadLetterStore(client, table);
    const { deliver, replay } = collector({ writeDeadLetter: write });
    return { deliver, replay, write, items: () => scan(client, table) };
  }

  it('writes the letters of a batch once, however often it is delivered', async () => {
    const { deliver, items } = await fixture();
    const batch = [envelopeOf([record, lambdaRecord(placedEvent(anOrder('b')), 42, 3)]), Buffer.from('?')];
    expect(await deliver(...batch)).toEqual([]);
    const before = await items();
    expect(before.map(({ consumer, recordId }) => [consumer?.S, recordId?.S]).sort()).toEqual([
      ['dead-letters', 'orders.dead-letters-1@1#1772368200001'],
      ['email-service', 'orders-3@41#1772366400041'],
      ['email-service', 'orders-3@42#1772366400042'],
    ]);
    expect(await deliver(...batch)).toEqual([]);
    expect(await items()).toEqual(before);
  });

  it('opens the letter of a message that is replayed and still cannot be read', async () => {
    const { deliver, replay, items } = await fixture();
    await deliver(Buffer.from('?'));
    await replay(Buffer.from('?'));
    expect(await items()).toMatchObject([{ version: { N: '2' }, source: { S: 'orders.dead-letters-1@0' } }]);
    await deliver(Buffer.from('?'));
    expect(await items()).toMatchObject([{ version: { N: '2' } }]);
  });

  it.each<[string, Uint8Array | object]>([
    ['a timestamp that is no number of DynamoDB', withRecord({ timestamp: 1e300 })],
    ['half a character as the name of a header', withRecord({ headers: [{ '\ud800': [1] }] })],
    ['no name of a header', withRecord({ headers: [{ '': [1] }] })],
    ['a megabyte of headers', withRecord({ headers: Array(50_000).fill({ h: [1, 2, 3] }) })],
    ['a megabyte of a name', withRecord({ headers: [{ ['h'.repeat(1_000_000)]: [] }] })],
    ['a megabyte of value', withRecord({ value: Buffer.alloc(1_000_000).toString('base64') })],
    ['the longest name of a topic', withRecord({ topic: 't'.repeat(249), offset: Number.MAX_SAFE_INTEGER })],
    ['a megabyte of no envelope', Buffer.alloc(1_000_000, 'x')],
  ])('stores one letter, whatever it takes: %s', async (_name, value) => {
    const { deliver, items } = await fixture();
    expect(await deliver(value)).toEqual([]);
    expect(await items()).toHaveLength(1);
  });

  it('stores what is larger than an item, with the first bytes of it', async () => {
    const { write, items } = await fixture();
    const letter = aLetter();
    const at = (minute: number) => new Date(Date.UTC(2026, 2, 1, 12, minute));
    const value = Buffer.alloc(1024 * 1024, 'x');
    const headers = Array.from({ length: 100 }, (_, n) => [`h${n}`, Buffer.alloc(5_000)] as const);
    const record = { ...letter.record, key: Buffer.alloc(100_000), value, headers };
    // The same record, and a history that is full when the large one comes.
    for (let minute = 1; minute < HISTORY_LIMIT; minute++) await write(letter, at(minute));
    await write({ ...letter, record }, at(HISTORY_LIMIT));
    const [item] = await items();
    expect(item).toMatchObject({ truncatedFrom: { N: '1048576' }, version: { N: String(HISTORY_LIMIT) } });
    expect(item?.value?.B).toHaveLength(256 * 1024);
    expect(item?.headers?.L).toHaveLength(9);
  });

  it('asks for everything again while there is no table', async () => {
    const { deliver } = await fixture(false);
    expect(await deliver(envelopeOf([record]), Buffer.from('?'))).toEqual([0, 1]);
  });
});
