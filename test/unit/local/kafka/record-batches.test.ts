import { createRequire } from 'node:module';
import { gzipSync } from 'node:zlib';
import { crc32c } from '@node-rs/crc32';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readRecordBatches, unreadableBatch } from '../../../../local/kafka/record-batches.ts';

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
