import { describe, expect, it } from 'vitest';
import type { DeadLetter } from '../../../../functions/dead-letters/letter.ts';
import { deadLetterStore, HISTORY_LIMIT } from '../../../../functions/dead-letters/store.ts';
import { scan, sentCommands, testClient, testTable } from '../../../support/dynamodb.ts';
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
    value: Uint8Array.of(0x1f, 0x8b, 0),
    headers: [
      ['ce_id', Uint8Array.of(1)],
      ['ce_id', Uint8Array.of()],
    ],
  },
  reason: 'unparseable',
  error: { code: 'RECORD_REJECTED', detail: 'the value is not a JSON object in UTF-8' },
};
const at = (minute: number) => new Date(Date.UTC(2026, 2, 1, 12, minute));

describe.each(['ministack', 'dynamodbLocal'] as const)('deadLetterStore on %s', (engine) => {
  async function fixture() {
    const client = testClient(testEngines()[engine]);
    const table = await testTable(client, { hash: 'consumer', range: { name: 'recordId', type: 'S' } });
    return { client, items: () => scan(client, table), write: deadLetterStore(client, table) };
  }

  it('keeps the record byte for byte, where it lay and why it was given up', async () => {
    const { write, items } = await fixture();
    await write(letter, at(0));
    expect(await items()).toEqual([
      {
        consumer: { S: 'email-service' },
        recordId: { S: 'orders-3@41#1772366400041' },
        topic: { S: 'orders' },
        partition: { N: '3' },
        offset: { N: '41' },
        timestamp: { N: '1772366400041' },
        key: { B: Uint8Array.of(0, 255) },
        value: { B: Uint8Array.of(0x1f, 0x8b, 0) },
        headers: {
          L: [
            { M: { name: { S: 'ce_id' }, value: { B: Uint8Array.of(1) } } },
            { M: { name: { S: 'ce_id' }, value: { B: Uint8Array.of() } } },
          ],
        },
        reason: { S: 'unparseable' },
        error: { M: { code: { S: 'RECORD_REJECTED' }, detail: { S: letter.error.detail } } },
        status: { S: 'OPEN' },
        version: { N: '1' },
        attempts: { N: '1' },
        firstSeenAt: { S: '2026-03-01T12:00:00.000Z' },
        lastSeenAt: { S: '2026-03-01T12:00:00.000Z' },
        history: {
          L: [
            {
              M: {
                at: { S: '2026-03-01T12:00:00.000Z' },
                event: { S: 'DEAD_LETTERED' },
                reason: { S: 'unparseable' },
                code: { S: 'RECORD_REJECTED' },
              },
            },
          ],
        },
      },
    ]);
  });

  it('tells a null key from an empty one', async () => {
    const { write, items } = await fixture();
    const { record } = letter;
    await write({ ...letter, record: { ...record, offset: 1, key: null } }, at(0));
    await write({ ...letter, record: { ...record, offset: 2, key: Uint8Array.of() } }, at(0));
    const keys = new Map((await items()).map(({ offset, key }) => [offset?.N, key]));
    expect(keys.get('1')).toBeUndefined();
    expect(keys.get('2')).toEqual({ B: Uint8Array.of() });
  });

  it('adds to the letter of a record that fails again, and opens it', async () => {
    const { write, items } = await fixture();
    await write(letter, at(0));
    await write({ ...letter, reason: 'unexpected', error: { code: 'TypeError', detail: 'at x' } }, at(7));
    expect(await items()).toMatchObject([
      {
        version: { N: '2' },
        attempts: { N: '2' },
        status: { S: 'OPEN' },
        reason: { S: 'unexpected' },
        firstSeenAt: { S: '2026-03-01T12:00:00.000Z' },
        lastSeenAt: { S: '2026-03-01T12:07:00.000Z' },
        history: { L: [{ M: { reason: { S: 'unparseable' } } }, { M: { reason: { S: 'unexpected' } } }] },
      },
    ]);
  });

  it('keeps apart consumers, and the same place in a topic that was created again', async () => {
    const { write, items } = await fixture();
    await write(letter, at(0));
    await write({ ...letter, consumer: 'shipping-service' }, at(0));
    await write({ ...letter, record: { ...letter.record, timestamp: 1 } }, at(0));
    expect(await items()).toHaveLength(3);
  });

  it('bounds the history: the first entries stay, and the newest', async () => {
    const { write, items, client } = await fixture();
    const times = Array.from({ length: HISTORY_LIMIT + 2 }, (_, minute) => at(minute));
    for (const time of times) await write(letter, time);
    const history = (await items())[0]?.history?.L ?? [];
    expect(history).toHaveLength(HISTORY_LIMIT);
    expect(history[0]?.M?.at).toEqual({ S: times[0]?.toISOString() });
    expect(history.at(-1)?.M?.at).toEqual({ S: times.at(-1)?.toISOString() });
    expect((await items())[0]?.version).toEqual({ N: String(times.length) });

    const sent = sentCommands(client);
    await write(letter, at(99));
    expect(sent).toEqual(['UpdateItemCommand', 'UpdateItemCommand']);
  });
});
