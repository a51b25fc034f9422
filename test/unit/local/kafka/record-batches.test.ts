import { createRequire } from 'node:module';
import { gzipSync } from 'node:zlib';
import { crc32c } from '@node-rs/crc32';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  readEveryBatch,
  readRecordBatches,
  unreadableBatch,
} from '../../../../local/kafka/record-batches.ts';

/** kafkajs writes the batches: two hands, one format. */
const require = createRequire(import.meta.url);
const {
  RecordBatch,
}: {
  RecordBatch: (batch: object) => Promise<{ buffer: Buffer }>;
} = require('kafkajs/src/protocol/recordBatch/v0/index.js');
const Record: (record: object) => object = require('kafkajs/src/protocol/recordBatch/record/v0/index.js');
const Long: { fromValue(value: number): unknown } = require('kafkajs/src/utils/long.js');

const FIRST = 100;
const TIME = 1_790_000_000_000;

async function batchOf(values: readonly (string | null)[], first = FIRST): Promise<Buffer> {
  const records = values.map((value, offsetDelta) =>
    Record({
      offsetDelta,
      timestampDelta: offsetDelta * 1000,
      key: `key of ${value}`,
      value,
      headers: { n: 'h' },
    }),
  );
  const { buffer } = await RecordBatch({
    firstOffset: Long.fromValue(first),
    firstTimestamp: TIME,
    maxTimestamp: TIME + 5_000,
    lastOffsetDelta: values.length - 1,
    records,
  });
  return Buffer.from(buffer);
}

/** Changes a batch and makes its checksum right again. */
function changed(batch: Buffer, change: (batch: Buffer) => Buffer): Buffer {
  const now = change(Buffer.from(batch));
  now.writeInt32BE(now.length - 12, 8);
  now.writeUInt32BE(crc32c(now.subarray(21)), 17);
  return now;
}

function attributes(value: number) {
  return (batch: Buffer): Buffer => {
    batch.writeInt16BE(value, 21);
    return batch;
  };
}

function count(value: number) {
  return (batch: Buffer): Buffer => {
    batch.writeInt32BE(value, 57);
    return batch;
  };
}

async function read(...batches: readonly Buffer[]) {
  const messages = await readRecordBatches(Buffer.concat(batches));
  return messages.map((message) => unreadableBatch(message)?.message ?? `${message.offset} ${message.value}`);
}

describe('record batches', () => {
  test('give their records in order, and what is cut off comes with the next answer', async () => {
    const [one, two] = [await batchOf(['a', null]), await batchOf(['c'], 102)];
    expect(await read(one, two)).toEqual(['100 a', '101 null', '102 c']);
    expect(await read(one, two.subarray(0, -1))).toEqual(['100 a', '101 null']);
    const [message] = await readRecordBatches(one);
    expect(message).toMatchObject({ timestamp: String(TIME), headers: { n: Buffer.from('h') } });
  });

  test('have the time and its type that their attributes say', async () => {
    const appended = changed(await batchOf(['a', 'b']), attributes(8));
    const [first] = await readRecordBatches(appended);
    expect(first).toMatchObject({ timestamp: String(TIME + 5_000), batchContext: { timestampType: 1 } });
  });

  test.each([
    ['a time in nanoseconds', TIME * 1_000_000],
    ['a time before all time', -(2 ** 62)],
    ['the last time there is', 2 ** 62],
  ])('may have %s', async (_, time) => {
    const odd = changed(await batchOf(['a']), (batch) => {
      batch.writeBigInt64BE(BigInt(time), 27);
      return batch;
    });
    expect((await readRecordBatches(odd))[0]?.timestamp).toBe(String(BigInt(time)));
  });

  test.each([
    ['whose codec nobody knows', attributes(5), /100 to 101.*unknown codec 5/],
    ['whose codec is another one', attributes(2), /100 to 101.*snappy/],
    ['that holds fewer records than it says', count(9), /cut off/],
    ['that holds more', count(1), /more than its records/],
    ['that makes too much of itself', (batch: Buffer) => bomb(batch), /gzip/],
    ['that asks for all memory', (batch: Buffer) => greedy(batch), /more than \d+ bytes/],
  ] as const)('one %s is named, and nothing behind it is read', async (_, change, why) => {
    const batches = [
      await batchOf(['a', 'b']),
      changed(await batchOf(['c', 'd']), change),
      await batchOf(['e']),
    ];
    const [first, second, third, ...others] = await read(...batches);
    expect([first, second, others]).toEqual(['100 a', '101 b', []]);
    expect(third).toMatch(why);
  });

  test('a record of one that can’t be read gives an error to whoever looks', async () => {
    const broken = await batchOf(['a']);
    broken[70] = 255 - (broken[70] ?? 0);
    const [message] = await readRecordBatches(broken);
    expect(() => message?.value).toThrow(/checksum/);
  });

  test('an offset that compaction has left without a record is passed', async () => {
    const compacted = changed(await batchOf(['a', 'b']), (batch) => {
      batch.writeInt32BE(7, 23);
      return batch;
    });
    expect((await readRecordBatches(compacted)).map(({ offset }) => offset)).toEqual(['100', '101', '107']);
  });

  test('may hold more records than a call takes arguments', async () => {
    const many = changed(await batchOf(['x']), (batch) => {
      batch.writeInt32BE(200_000, 57);
      return Buffer.concat([batch.subarray(0, 61), ...Array(200_000).fill(batch.subarray(61))]);
    });
    expect(await readRecordBatches(many)).toHaveLength(200_000);
  });

  test('no byte that is changed behind the offset goes unnoticed, nor ends the reader', async () => {
    const values = ['a', 'b', null, 'd'];
    const batch = await batchOf(values);
    const whole = await read(batch);
    const at = fc.integer({ min: 16, max: batch.length - 1 });
    await fc.assert(
      fc.asyncProperty(at, fc.integer({ min: 1, max: 255 }), async (place, flip) => {
        const broken = Buffer.from(batch);
        broken[place] = (broken[place] ?? 0) ^ flip;
        const [message, ...others] = await readRecordBatches(broken);
        expect(message === undefined ? 'nothing' : unreadableBatch(message)?.code).toBe('BATCH_UNREADABLE');
        expect(others).toEqual([]);
      }),
      { numRuns: 300 },
    );
    expect(whole).toHaveLength(values.length);
  });
});

/** Its records are compressed to a thousandth of themselves: zeros, ten megabytes and again. */
function bomb(batch: Buffer): Buffer {
  const zeros = gzipSync(Buffer.alloc(10 * 1024 * 1024));
  batch.writeInt16BE(1, 21);
  return Buffer.concat([batch.subarray(0, 61), ...Array(27).fill(zeros)]);
}

/** A block of snappy that is four gigabytes long, by its own word. */
function greedy(batch: Buffer): Buffer {
  batch.writeInt16BE(2, 21);
  return Buffer.concat([batch.subarray(0, 61), Buffer.of(255, 255, 255, 255, 15, 0, 0)]);
}

describe('an answer to Fetch', () => {
  /** Attributes of the batches of a transaction, and of its end. */
  const [IN_TRANSACTION, END] = [0x10, 0x30];
  const ABORT = Buffer.alloc(4);

  async function batch(offset: number, by: number, kind: number, key: Buffer | string): Promise<Buffer> {
    const record = Record({ offsetDelta: 0, timestampDelta: 0, key, value: `${offset} of ${by}` });
    const { buffer } = await RecordBatch({
      firstOffset: Long.fromValue(offset),
      lastOffsetDelta: 0,
      producerId: Long.fromValue(by),
      records: [record],
    });
    return changed(Buffer.from(buffer), attributes(kind));
  }

  /** https://kafka.apache.org/protocol#The_Messages_Fetch, version 11, of one partition; what kafkajs makes of it. */
  async function valuesIn(
    aborted: readonly { readonly by: number; readonly first: number }[],
    batches: readonly Buffer[],
    from = 0,
  ): Promise<(string | undefined)[]> {
    const int = (...numbers: readonly [bytes: 2 | 4 | 8, value: number][]) =>
      Buffer.concat(
        numbers.map(([bytes, value]) => {
          const buffer = Buffer.alloc(bytes);
          if (bytes === 8) buffer.writeBigInt64BE(BigInt(value));
          else buffer.writeIntBE(value, 0, bytes);
          return buffer;
        }),
      );
    const records = Buffer.concat(batches);
    const bytes = Buffer.concat([
      int([4, 0], [2, 0], [4, 0], [4, 1], [2, 1]),
      Buffer.from('t'),
      int([4, 1], [4, 0], [2, 0], [8, 99], [8, 99], [8, 0], [4, aborted.length]),
      ...aborted.map(({ by, first }) => int([8, by], [8, first])),
      int([4, -1], [4, records.length]),
      records,
    ]);
    readEveryBatch();
    const { decode } = require('kafkajs/src/protocol/requests/fetch/v11/response.js');
    const Batch = require('kafkajs/src/consumer/batch.js');
    const { responses } = await decode(bytes);
    const { messages } = new Batch('t', String(from), responses[0].partitions[0]);
    return messages.map(({ value }: { value: Buffer | null }) => value?.toString());
  }

  test('has what transactions have committed, and nothing that they have aborted', async () => {
    const [outer, inner, committed] = [1, 2, 3];
    const batches = await Promise.all([
      batch(0, outer, IN_TRANSACTION, 'a'),
      batch(1, inner, IN_TRANSACTION, 'b'),
      batch(2, committed, IN_TRANSACTION, ABORT),
      // As Java writes the number 0: the key of an end, and no end.
      batch(3, outer, IN_TRANSACTION, ABORT),
      batch(4, outer, IN_TRANSACTION, 'a'),
      batch(5, inner, END, ABORT),
      batch(6, inner, IN_TRANSACTION, 'its next transaction'),
      batch(7, outer, END, ABORT),
      batch(8, committed, END, Buffer.of(0, 0, 0, 1)),
      batch(9, inner, END, Buffer.of(0, 0, 0, 1)),
    ]);
    // The broker tells of them in the order of their ends.
    const aborted = [
      { by: inner, first: 1 },
      { by: outer, first: 0 },
    ];
    expect(await valuesIn(aborted, batches)).toEqual(['2 of 3', '6 of 2']);
    expect(await valuesIn(aborted, batches.slice(4), 4)).toEqual(['6 of 2']);
    expect(await valuesIn([], batches)).toHaveLength(6);
  });
});
