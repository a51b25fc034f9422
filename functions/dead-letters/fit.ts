import type { KafkaRecord } from '../kafka/decode.ts';
import type { DeadLetter } from './letter.ts';

const KIB = 1024;
/**
 * What key, value and headers may take of an item, which holds 400 KB
 * (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html). The rest is for a full history.
 */
const RECORD_BYTES = 336 * KIB;
/** What is left of each where all together are too much; in sum they fit. */
const VALUE_BYTES = 256 * KIB;
const HEADERS_BYTES = 48 * KIB;
const KEY_BYTES = 16 * KIB;
/** What a header takes beside its name and bytes: `name`, `value`, and the overhead of a map in a list. */
const HEADER_OVERHEAD = 15;

/**
 * The letter as an item can hold it: whole if there is room, else with the first bytes of its value, then with the first
 * of its headers, each of them whole, then with the first bytes of its key. One that was cut says so in `truncatedFrom`.
 */
export function fitted(letter: DeadLetter): DeadLetter {
  let { record } = letter;
  for (const cut of [withCutValue, withFewerHeaders, withCutKey]) {
    if (sizeOf(record) <= RECORD_BYTES) break;
    record = cut(record);
  }
  if (record === letter.record) return letter;
  return { ...letter, record, truncatedFrom: letter.truncatedFrom ?? letter.record.value?.length ?? 0 };
}

function withCutValue(record: KafkaRecord): KafkaRecord {
  return { ...record, value: record.value?.subarray(0, VALUE_BYTES) ?? null };
}

function withFewerHeaders(record: KafkaRecord): KafkaRecord {
  let bytes = 0;
  const end = record.headers.findIndex((header) => {
    bytes += headerSize(header);
    return bytes > HEADERS_BYTES;
  });
  return end === -1 ? record : { ...record, headers: record.headers.slice(0, end) };
}

function withCutKey(record: KafkaRecord): KafkaRecord {
  return { ...record, key: record.key?.subarray(0, KEY_BYTES) ?? null };
}

/** By https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html */
function sizeOf({ key, value, headers }: KafkaRecord): number {
  return headers.reduce((sum, header) => sum + headerSize(header), (key?.length ?? 0) + (value?.length ?? 0));
}

function headerSize([name, value]: KafkaRecord['headers'][number]): number {
  return Buffer.byteLength(name) + (value?.length ?? 0) + HEADER_OVERHEAD;
}
