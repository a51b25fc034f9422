import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import {
  type DeadLetter,
  HISTORY_LIMIT,
  LETTER_STATUSES,
} from '../../../../functions/dead-letters/letter.ts';
import { deadLetterStore } from '../../../../functions/dead-letters/store.ts';
import { aLetter } from '../../../support/dead-letters.ts';
import { scan, sentCommands, testClient, testTable } from '../../../support/dynamodb.ts';
import { testEngines } from '../../../support/engines.ts';

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

describe.each(['ministack', 'dynamodbLocal'] as const)('deadLetterStore on %s', (engine) => {
  async function fixture() {
    const client = testClient(testEngines()[engine]);
    const table = await testTable(client, { hash: 'consumer', range: { name: 'recordId', type: 'S' } });
    return {
      client,
      items: () => scan(client, table),
      write: deadLetterStore(client, table),
      /** What the replay command does to a letter. */
      replay: (expression: string, values: Readonly<Record<string, string>>) =>
        client.send(
          new UpdateItemCommand({
            TableName: table,
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

  it('opens a letter whatever became of it, and ends the replay that is under way', async () => {
    const { write, items, replay } = await fixture();
    await write(letter, at(0));
    await replay('#status = :status, runId = :run, reservedUntil = :until, replays = :until', {
      status: 'REPLAYING',
      run: 'run-1',
      until: '2026-03-01T12:02:00.000Z',
    });
    await write(letter, at(1));
    const [item] = await items();
    expect(item).toMatchObject({ status: { S: 'OPEN' }, version: { N: '2' }, replays: expect.anything() });
    expect(item).not.toHaveProperty('runId');
    expect(item).not.toHaveProperty('reservedUntil');
  });

  it('keeps what Lambda says of a record, until the consumer gives it up by itself', async () => {
    const { write, items } = await fixture();
    await write(fromLambda(7), at(0));
    expect(await items()).toMatchObject([
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
    const [item] = await items();
    expect(item).toMatchObject({ reason: { S: 'unparseable' }, source: { S: 'orders.dead-letters-0@7' } });
    expect(item).not.toHaveProperty('lambda');
  });

  it.each(LETTER_STATUSES)(
    'leaves a letter %s when its message is delivered again, and opens it for another message',
    async (status) => {
      const { write, items, replay } = await fixture();
      await write(fromLambda(7), at(0));
      await replay('#status = :status', { status });
      const [before] = await items();
      await write(fromLambda(7), at(1));
      expect(await items()).toEqual([before]);

      await write(fromLambda(8), at(2));
      expect(await items()).toMatchObject([
        { status: { S: 'OPEN' }, version: { N: '2' }, source: { S: 'orders.dead-letters-0@8' } },
      ]);
      await write(letter, at(3));
      await write(fromLambda(8), at(4));
      expect(await items()).toMatchObject([{ version: { N: '3' }, lastSeenAt: { S: at(3).toISOString() } }]);
    },
  );

  it('knows a message that is delivered again when the history is full', async () => {
    const { write, items } = await fixture();
    for (let minute = 0; minute < HISTORY_LIMIT; minute++) await write(fromLambda(minute), at(minute));
    await write(fromLambda(HISTORY_LIMIT - 1), at(59));
    expect(await items()).toMatchObject([{ version: { N: String(HISTORY_LIMIT) } }]);
    await write(fromLambda(HISTORY_LIMIT), at(59));
    const [item] = await items();
    expect(item).toMatchObject({ version: { N: String(HISTORY_LIMIT + 1) } });
    expect(item?.history?.L).toHaveLength(HISTORY_LIMIT);
    expect(item?.history?.L?.at(-1)?.M?.at).toEqual({ S: at(59).toISOString() });
  });

  it('stores what is larger than an item, with the first bytes of it', async () => {
    const { write, items } = await fixture();
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
});
