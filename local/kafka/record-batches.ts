import { createRequire } from 'node:module';
import { crc32c } from '@node-rs/crc32';
import type { IHeaders, KafkaMessage } from 'kafkajs';
import { CODEC_NAMES, decompress } from './codecs.ts';

/**
 * Reads the record batches of an answer to a Fetch request, in the place of kafkajs, whose own reading knows no codec but
 * gzip, compares no checksum, fails for every partition of the answer when it can't read one, and hands out some of what was
 * aborted.
 *
 *     answer      batch  batch  batch  ba
 *     messages    m m m  m m m  x             x: can't be read. Nothing behind it is, so that nothing is passed over.
 *
 * https://kafka.apache.org/documentation/#recordbatch
 */
export function readEveryBatch(): void {
  const decodeMessages = createRequire(import.meta.url).resolve(`${FETCH}/v4/decodeMessages`);
  const internals = createRequire(import.meta.url);
  const decodeOld: DecodeMessages = internals(decodeMessages);
  if (patched in decodeOld) return;
  const loaded = internals.cache[decodeMessages];
  if (loaded === undefined) throw new TypeError(`kafkajs has no ${FETCH}: this is for kafkajs 2.2.4.`);
  loaded.exports = Object.assign((decoder: FetchDecoder) => decode(decoder, decodeOld), { [patched]: true });

  // Only now, because it keeps what it finds.
  const answer: FetchResponse = internals(`${FETCH}/v11/response`);
  const { decode: decodeAnswer } = answer;
  answer.decode = async (bytes) => {
    const decoded = await decodeAnswer(bytes);
    for (const partition of decoded.responses.flatMap(({ partitions }) => partitions)) {
      withoutErrorsOfOne(partition);
      withoutAborted(partition);
    }
    return decoded;
  };
}

const FETCH = 'kafkajs/src/protocol/requests/fetch';
const patched = Symbol.for('millrace.readEveryBatch');

/** What is used of kafkajs' internals, of the pinned version; a test reads through them. */
interface FetchDecoder {
  readonly buffer: Buffer;
  offset: number;
}
type DecodeMessages = (decoder: FetchDecoder) => Promise<KafkaMessage[]>;
interface FetchAnswer {
  readonly responses: readonly { readonly partitions: readonly FetchedPartition[] }[];
}
interface FetchedPartition {
  errorCode: number;
  messages: FetchedMessage[];
  abortedTransactions: readonly { readonly producerId: string; readonly firstOffset: string }[];
}
type FetchedMessage = KafkaMessage & {
  readonly isControlRecord?: boolean;
  readonly batchContext?: { readonly producerId: string; readonly inTransaction: boolean };
};
interface FetchResponse {
  decode: (bytes: Buffer) => Promise<FetchAnswer>;
}

/** Reads the messages of one partition; the decoder is behind them then, whatever they are. */
async function decode(decoder: FetchDecoder, decodeOld: DecodeMessages): Promise<KafkaMessage[]> {
  const begin = decoder.offset + 4;
  const size = Math.max(0, decoder.buffer.readInt32BE(decoder.offset));
  const bytes = decoder.buffer.subarray(begin, begin + size);
  try {
    // Before Kafka 0.11 there were message sets, which old logs still hold.
    const magic = bytes[AT.magic];
    return magic !== undefined && magic < MAGIC ? await decodeOld(decoder) : await readRecordBatches(bytes);
  } catch (error) {
    return [unreadableMessage(new UnreadableBatch(String(error)))];
  } finally {
    decoder.offset = begin + size;
  }
}

/** What a broker answers for a partition whose log it can't read itself; kafkajs would take it for an error of all of them. */
const LOG_ERRORS: ReadonlyMap<number, string> = new Map([
  [-1, 'UNKNOWN_SERVER_ERROR'],
  [2, 'CORRUPT_MESSAGE'],
  [56, 'KAFKA_STORAGE_ERROR'],
]);

function withoutErrorsOfOne(partition: FetchedPartition): void {
  const name = LOG_ERRORS.get(partition.errorCode);
  if (name === undefined) return;
  partition.errorCode = 0;
  partition.messages = [unreadableMessage(new UnreadableBatch(`the broker answers ${name}`))];
}

/**
 * Passes over the records of transactions that were aborted, as Kafka's own client does where it reads what is committed:
 *
 *     log          a1  b1  a2  abort(b)  a3  abort(a)
 *     told         b from 1, a from 0                    in the order of their ends
 *
 * kafkajs takes them in the order in which it is told of them, one at a record, and takes a record whose key is the number 0 for
 * an end; so it hands out what was aborted where transactions overlap. Nothing is left for it to do.
 * https://kafka.apache.org/documentation/#controlbatch
 */
function withoutAborted(partition: FetchedPartition): void {
  const { abortedTransactions } = partition;
  if (abortedTransactions.length === 0) return;
  partition.abortedTransactions = [];
  const toCome = abortedTransactions
    .map(({ producerId, firstOffset }) => ({ producerId, first: BigInt(firstOffset) }))
    .sort((one, other) => (one.first < other.first ? -1 : 1));
  const aborted = new Set<string>();
  partition.messages = partition.messages.map((message) => {
    const offset = BigInt(message.offset);
    for (let next = toCome[0]; next !== undefined && next.first <= offset; next = toCome[0]) {
      aborted.add(next.producerId);
      toCome.shift();
    }
    const { isControlRecord, batchContext } = message;
    if (batchContext === undefined || !aborted.has(batchContext.producerId)) return message;
    if (!isControlRecord) return batchContext.inTransaction ? passed(message.offset) : message;
    if (isAbort(message.key)) aborted.delete(batchContext.producerId);
    return message;
  });
}

/** The key of a control record is its version and its type, of 16 bits each; 0 is an abort. */
function isAbort(key: Buffer | null): boolean {
  return key !== null && key.length >= 4 && key.readInt16BE(2) === 0;
}

/** Thrown by whatever of an `unreadable` message is looked at. */
export class UnreadableBatch extends Error {
  readonly code = 'BATCH_UNREADABLE';
  /** The batch's own offsets; null where not even they can be trusted. */
  readonly first: bigint | null;
  readonly last: bigint | null;
  /** In words, and without a word of what the batch holds. */
  readonly reason: string;

  constructor(reason: string, offsets?: { readonly first: bigint; readonly last: bigint }) {
    const where = offsets === undefined ? '' : ` at the offsets ${offsets.first} to ${offsets.last}`;
    super(`a batch of records${where} can't be read: ${reason}`);
    this.name = 'UnreadableBatch';
    this.reason = reason;
    this.first = offsets?.first ?? null;
    this.last = offsets?.last ?? null;
  }
}

const unreadable = new WeakMap<object, UnreadableBatch>();

/** Why a message that kafkajs hands out is none; undefined for one that is. */
export function unreadableBatch(message: object): UnreadableBatch | undefined {
  return unreadable.get(message);
}

/** The last offset there can be: kafkajs keeps a message only if it lies behind what was asked for. */
const NOWHERE = 2n ** 63n - 1n;

/** Stands for what can't be read: who looks into it gets the error, so that no reader takes it for a record. */
function unreadableMessage(why: UnreadableBatch): KafkaMessage {
  const refuse = (): never => {
    throw why;
  };
  const message = {
    offset: String(why.last ?? NOWHERE),
    isControlRecord: false,
    batchContext: { producerId: '-1', inTransaction: false },
    // Looked at by kafkajs itself.
    key: null,
    get value(): never {
      return refuse();
    },
    get headers(): never {
      return refuse();
    },
    get timestamp(): never {
      return refuse();
    },
    get attributes(): never {
      return refuse();
    },
  };
  unreadable.set(message, why);
  return message;
}

/** Where the fields of a batch are; `length` counts what comes behind it, and the checksum is of `attributes` and all behind. */
const AT = {
  baseOffset: 0,
  length: 8,
  leaderEpoch: 12,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  baseSequence: 53,
  count: 57,
  records: 61,
} as const;
const MAGIC = 2;
const LOG_APPEND_TIME = 0x08;
const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;
const CODEC = 0x07;

/** All messages in order. What is cut off at the end is the broker's doing, and comes with the next answer. */
export async function readRecordBatches(bytes: Buffer): Promise<KafkaMessage[]> {
  const messages: KafkaMessage[] = [];
  let at = 0;
  while (bytes.length - at >= AT.records) {
    const size = AT.leaderEpoch + bytes.readInt32BE(at + AT.length);
    if (size > bytes.length - at) break;
    try {
      await readBatch(bytes.subarray(at, at + Math.max(size, 0)), messages);
    } catch (error) {
      const why = error instanceof UnreadableBatch ? error : new UnreadableBatch(String(error));
      messages.push(unreadableMessage(why));
      break;
    }
    at += size;
  }
  return messages;
}

async function readBatch(batch: Buffer, messages: KafkaMessage[]): Promise<void> {
  if (batch.length < AT.records) throw new UnreadableBatch('its length is wrong');
  if (batch[AT.magic] !== MAGIC) throw new UnreadableBatch(`its format ${batch[AT.magic]} is unknown`);
  if (crc32c(batch.subarray(AT.attributes)) !== batch.readUInt32BE(AT.crc))
    throw new UnreadableBatch('its checksum is wrong');
  const first = batch.readBigInt64BE(AT.baseOffset);
  const last = first + BigInt(batch.readInt32BE(AT.lastOffsetDelta));
  const attributes = batch.readInt16BE(AT.attributes);
  const codec = attributes & CODEC;
  const maxTimestamp = batch.readBigInt64BE(AT.maxTimestamp);
  const isControlBatch = (attributes & CONTROL) !== 0;
  const timestampType = (attributes & LOG_APPEND_TIME) === 0 ? 0 : 1;
  // What kafkajs and our own reading look at, in kafkajs' own form.
  const batchContext = {
    firstOffset: String(first),
    producerId: String(batch.readBigInt64BE(AT.producerId)),
    inTransaction: (attributes & TRANSACTIONAL) !== 0,
    isControlBatch,
    timestampType,
  };
  try {
    const records = recordReader(await decompress(codec, batch.subarray(AT.records)));
    const baseTimestamp = batch.readBigInt64BE(AT.baseTimestamp);
    const read: KafkaMessage[] = [];
    for (let left = batch.readInt32BE(AT.count); left > 0; left -= 1) {
      const { offsetDelta, timestampDelta, key, value, headers } = records.next();
      const timestamp = timestampType === 1 ? maxTimestamp : baseTimestamp + timestampDelta;
      read.push({
        offset: String(first + BigInt(offsetDelta)),
        timestamp: String(timestamp),
        attributes: 0,
        key,
        value,
        headers,
        ...{ isControlRecord: isControlBatch, batchContext },
      });
    }
    // What compaction has taken from the end of a batch: kafkajs goes on behind its last message alone.
    if (read.at(-1)?.offset !== String(last)) read.push(passed(String(last)));
    if (!records.isAtEnd()) throw new Error('it holds more than its records');
    // None of a batch, or all: who goes on behind it must not have missed a part. One by one, since a call takes only so
    // many arguments.
    for (const message of read) messages.push(message);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UnreadableBatch(`${CODEC_NAMES[codec] ?? 'codec'}: ${why}`, { first, last });
  }
}

/** An offset without a record, which kafkajs passes over as it does with the marks of transactions. */
function passed(offset: string): KafkaMessage {
  const batchContext = { producerId: '-1', inTransaction: false };
  const nothing = { timestamp: '-1', attributes: 0, key: null, value: null, headers: {} };
  return { offset, ...nothing, ...{ isControlRecord: true, batchContext } };
}

/**
 * Reads records one after the other. Throws a RangeError for what leaves the bytes.
 *
 * Header names are no property of anything but their own record: they may be called `constructor` or `__proto__`. A name that
 * repeats has its values in a list, at the place of its first, as kafkajs has it.
 */
function recordReader(bytes: Buffer) {
  let at = 0;

  function byte(): number {
    const value = bytes[at];
    if (value === undefined) throw new RangeError('a record is cut off');
    at += 1;
    return value;
  }

  /** Zigzag, seven bits a byte, the lowest first; of 32 bits. */
  function varint(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const next = byte();
      value |= (next & 0x7f) << shift;
      if (next < 0x80) return (value >>> 1) ^ -(value & 1);
    }
    throw new RangeError('a number is too long');
  }

  /** The same, of 64 bits; most of them are short. */
  function varlong(): bigint {
    let low = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const next = byte();
      low |= (next & 0x7f) << shift;
      if (next < 0x80) return BigInt((low >>> 1) ^ -(low & 1));
    }
    let value = BigInt(low);
    for (let shift = 28n; shift < 70n; shift += 7n) {
      const next = byte();
      value |= BigInt(next & 0x7f) << shift;
      if (next < 0x80) return BigInt.asIntN(64, (value >> 1n) ^ -(value & 1n));
    }
    throw new RangeError('a number is too long');
  }

  function take(length: number): Buffer {
    if (length < 0 || length > bytes.length - at) throw new RangeError('a record is cut off');
    at += length;
    return bytes.subarray(at - length, at);
  }

  function nullable(): Buffer | null {
    const length = varint();
    return length === -1 ? null : take(length);
  }

  return {
    isAtEnd: () => at === bytes.length,
    next() {
      const length = varint();
      const end = at + length;
      if (length < 0 || end > bytes.length) throw new RangeError('a record is cut off');
      byte();
      const timestampDelta = varlong();
      const offsetDelta = varint();
      const key = nullable();
      const value = nullable();
      const headers: Record<string, Buffer | null | (Buffer | null)[]> = Object.create(null);
      for (let left = varint(); left > 0; left -= 1) {
        const name = take(varint()).toString('utf8');
        const content = nullable();
        const before = headers[name];
        if (before === undefined) headers[name] = content;
        else if (Array.isArray(before)) before.push(content);
        else headers[name] = [before, content];
      }
      if (at !== end) throw new RangeError('a record is longer or shorter than it says');
      // kafkajs' types leave out that a value may be null.
      return { offsetDelta, timestampDelta, key, value, headers: headers as IHeaders };
    },
  };
}
