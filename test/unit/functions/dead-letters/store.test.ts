import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import {
  type DeadLetter,
  HISTORY_LIMIT,
  LETTER_STATUSES,
} from '../../../../functions/dead-letters/letter.ts';
import { deadLetterStore, fitted } from '../../../../functions/dead-letters/store.ts';
import { simulatedDynamoDb } from '../../../simulator/dynamodb/client.ts';
import { aLetter } from '../../../support/dead-letters.ts';

const letter = aLetter();
/** The same record, as Lambda's message at `orders.dead-letters-0@<offset>` brings it. */
const fromLambda = (offset: number): DeadLetter => ({
  ...letter,
  reason: 'retries-exhausted',
  error: { code: 'LAMBDA_GAVE_UP', detail: 'RetriesExhausted after 31 invocations' },
  lambda: {
    condition: 'RetriesExhausted',
    invocations: 31,
    requestId: 'request-1',
    functionError: 'Unhandled',
    at: '2026-03-01T11:59:00.000Z',
  },
  source: `orders.dead-letters-0@${offset}`,
});
const at = (minute: number) => new Date(Date.UTC(2026, 2, 1, 12, minute));

describe('deadLetterStore', () => {
  function given() {
    const { client, tables, requests } = simulatedDynamoDb({
      tables: { DeadLetters: { hash: 'consumer', range: { name: 'recordId', type: 'S' } } },
    });
    return {
      requests,
      items: () => [...tables.DeadLetters.items.values()],
      write: deadLetterStore(client, 'DeadLetters'),
      /** What the replay command does to a letter. */
      replay: (expression: string, values: Readonly<Record<string, string>>) =>
        client.send(
          new UpdateItemCommand({
            TableName: 'DeadLetters',
            Key: { consumer: { S: 'email-service' }, recordId: { S: 'orders-3@41#1772366400041' } },
            UpdateExpression: `SET ${expression}`,
            ...(expression.includes('#status') && { ExpressionAttributeNames: { '#status': 'status' } }),
            ExpressionAttributeValues: Object.fromEntries(
              Object.entries(values).map(([name, value]) => [`:${name}`, { S: value }]),
            ),
          }),
        ),
    };
  }

  it('keeps the record byte for byte, where it lay and why it was given up', async () => {
    const { write, items } = given();
    await write(letter, at(0));
    expect(items()).toEqual([
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
    const { write, items } = given();
    const { record } = letter;
    await write({ ...letter, record: { ...record, offset: 1, key: null } }, at(0));
    await write({ ...letter, record: { ...record, offset: 2, key: Uint8Array.of() } }, at(0));
    const keys = new Map(items().map(({ offset, key }) => [offset?.N, key]));
    expect(keys.get('1')).toBeUndefined();
    expect(keys.get('2')).toEqual({ B: Uint8Array.of() });
  });

  it('adds to the letter of a record that fails again, and opens it', async () => {
    const { write, items } = given();
    await write(letter, at(0));
    await write({ ...letter, reason: 'unexpected', error: { code: 'TypeError', detail: 'at x' } }, at(7));
    expect(items()).toMatchObject([
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
    const { write, items } = given();
    await write(letter, at(0));
    await write({ ...letter, consumer: 'shipping-service' }, at(0));
    await write({ ...letter, record: { ...letter.record, timestamp: 1 } }, at(0));
    expect(items()).toHaveLength(3);
  });

  it('bounds the history: the first entries stay, and the newest', async () => {
    const { write, items, requests } = given();
    const times = Array.from({ length: HISTORY_LIMIT + 2 }, (_, minute) => at(minute));
    for (const time of times) await write(letter, time);
    const history = items()[0]?.history?.L ?? [];
    expect(history).toHaveLength(HISTORY_LIMIT);
    expect(history[0]?.M?.at).toEqual({ S: times[0]?.toISOString() });
    expect(history.at(-1)?.M?.at).toEqual({ S: times.at(-1)?.toISOString() });
    expect(items()[0]?.version).toEqual({ N: String(times.length) });

    const before = requests.length;
    await write(letter, at(99));
    expect(requests.slice(before).map(({ name }) => name)).toEqual(['UpdateItem', 'UpdateItem']);
  });

  it('opens a letter whatever became of it, and ends the replay that is under way', async () => {
    const { write, items, replay } = given();
    await write(letter, at(0));
    await replay('#status = :status, runId = :run, reservedUntil = :until, replays = :until', {
      status: 'REPLAYING',
      run: 'run-1',
      until: '2026-03-01T12:02:00.000Z',
    });
    await write(letter, at(1));
    const [item] = items();
    expect(item).toMatchObject({ status: { S: 'OPEN' }, version: { N: '2' }, replays: expect.anything() });
    expect(item).not.toHaveProperty('runId');
    expect(item).not.toHaveProperty('reservedUntil');
  });

  it('keeps what Lambda says of a record, until the consumer gives it up by itself', async () => {
    const { write, items } = given();
    await write(fromLambda(7), at(0));
    expect(items()).toMatchObject([
      {
        reason: { S: 'retries-exhausted' },
        source: { S: 'orders.dead-letters-0@7' },
        lambda: {
          M: {
            condition: { S: 'RetriesExhausted' },
            invocations: { N: '31' },
            requestId: { S: 'request-1' },
            functionError: { S: 'Unhandled' },
            at: { S: '2026-03-01T11:59:00.000Z' },
          },
        },
      },
    ]);
    await write(letter, at(1));
    const [item] = items();
    expect(item).toMatchObject({ reason: { S: 'unparseable' }, source: { S: 'orders.dead-letters-0@7' } });
    expect(item).not.toHaveProperty('lambda');
  });

  it.each(LETTER_STATUSES)(
    'leaves a letter %s when its message is delivered again, and opens it for another message',
    async (status) => {
      const { write, items, replay } = given();
      await write(fromLambda(7), at(0));
      await replay('#status = :status', { status });
      const [before] = items();
      await write(fromLambda(7), at(1));
      expect(items()).toEqual([before]);

      await write(fromLambda(8), at(2));
      expect(items()).toMatchObject([
        { status: { S: 'OPEN' }, version: { N: '2' }, source: { S: 'orders.dead-letters-0@8' } },
      ]);
      await write(letter, at(3));
      await write(fromLambda(8), at(4));
      expect(items()).toMatchObject([{ version: { N: '3' }, lastSeenAt: { S: at(3).toISOString() } }]);
    },
  );

  it('knows a message that is delivered again when the history is full', async () => {
    const { write, items } = given();
    for (let minute = 0; minute < HISTORY_LIMIT; minute++) await write(fromLambda(minute), at(minute));
    await write(fromLambda(HISTORY_LIMIT - 1), at(59));
    expect(items()).toMatchObject([{ version: { N: String(HISTORY_LIMIT) } }]);
    await write(fromLambda(HISTORY_LIMIT), at(59));
    const [item] = items();
    expect(item).toMatchObject({ version: { N: String(HISTORY_LIMIT + 1) } });
    expect(item?.history?.L).toHaveLength(HISTORY_LIMIT);
    expect(item?.history?.L?.at(-1)?.M?.at).toEqual({ S: at(59).toISOString() });
  });
});

const KIB = 1024;
const letterOf = (key: number, value: number | null, ...headers: number[]) =>
  aLetter({
    key: Buffer.alloc(key, 'k'),
    value: value === null ? null : Buffer.alloc(value, 'v'),
    headers: headers.map((size, n) => [`header-${n}`, Buffer.alloc(size, 'h')] as const),
  });

it.each([
  ['an empty one', letterOf(0, null)],
  ['the largest that the topic takes', letterOf(100, 72 * KIB, 100)],
  ['one that leaves room for the history and no more', letterOf(KIB, 335 * KIB)],
  ['one with nothing but headers', letterOf(0, null, 100 * KIB, 200 * KIB)],
])('leaves a letter that fits as it is: %s', (_name, letter) => {
  expect(fitted(letter)).toBe(letter);
});

it('keeps the first 256 KiB of a value, and how long it was', () => {
  const { record, truncatedFrom } = fitted(letterOf(10, 500_000, 20));
  expect(Buffer.alloc(256 * KIB, 'v').equals(record.value ?? Buffer.of())).toBe(true);
  expect(record).toMatchObject({ key: Buffer.alloc(10, 'k'), headers: [['header-0', expect.anything()]] });
  expect(truncatedFrom).toBe(500_000);
});

it('keeps the first headers, each of them whole, where they alone are too much', () => {
  const { record, truncatedFrom } = fitted(letterOf(10, 7, 20 * KIB, 20 * KIB, 400 * KIB, 1));
  expect(record.headers.map(([name, value]) => [name, value?.length ?? 0])).toEqual([
    ['header-0', 20 * KIB],
    ['header-1', 20 * KIB],
  ]);
  expect(record.value).toHaveLength(7);
  expect(truncatedFrom).toBe(7);
});

it('counts what a header takes beside its bytes', () => {
  const { record } = fitted(letterOf(0, null, ...Array.from({ length: 20_000 }, () => 0)));
  expect(record.headers.length).toBeLessThan((48 * KIB) / 20);
  expect(record.headers.length).toBeGreaterThan(1_000);
});

it('keeps the first 16 KiB of a key where all is too much, and says so of a letter without value too', () => {
  const { record, truncatedFrom } = fitted(letterOf(500_000, null, 500_000));
  expect(record.key).toHaveLength(16 * KIB);
  expect(record).toMatchObject({ value: null, headers: [] });
  expect(truncatedFrom).toBe(0);
});
