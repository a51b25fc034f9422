/** Tables in memory: their keys and items, and how values stand to each other. */
import { type AttributeValue, ResourceNotFoundException } from '@aws-sdk/client-dynamodb';

/** A primary key; the partition key is a string. */
export interface KeySchema {
  readonly hash: string;
  readonly range?: { readonly name: string; readonly type: 'S' | 'N' };
  /** Of a table: its global secondary indexes, which hold keys alone, by name. */
  readonly indexes?: Readonly<Record<string, KeySchema>>;
}

/** Told of each change of a table, after it. */
export type OnWrite = (change: {
  readonly key: Item;
  readonly before: Item | undefined;
  readonly after: Item | undefined;
}) => void;

export interface Table {
  readonly name: string;
  readonly schema: KeySchema;
  /** By the text of their keys. */
  readonly items: Map<string, Item>;
  get(key: Item): Item | undefined;
  /** Writes an item over what stands there, or deletes it. */
  write(key: Item, after: Item | undefined): void;
}

export function table(name: string, schema: KeySchema, onWrite: OnWrite = () => undefined): Table {
  const items = new Map<string, Item>();
  return {
    name,
    schema,
    items,
    get: (key) => items.get(keyText(schema, key)),
    write(key, item) {
      const text = keyText(schema, key);
      const before = items.get(text);
      const after = item && copyOfItem(item);
      if (after === undefined) items.delete(text);
      else items.set(text, after);
      // As DynamoDB's streams: a write that changes nothing, and a delete of nothing, are no news.
      if (before !== undefined || after !== undefined) onWrite({ key: keyOf(schema, key), before, after });
    },
  };
}

/** The tables of an account, by name. */
export interface Database {
  table(name: string | undefined): Table;
}

export function database(tables: readonly Table[]): Database {
  return {
    table(name) {
      const found = tables.find((candidate) => candidate.name === name);
      if (found !== undefined) return found;
      throw new ResourceNotFoundException({ message: 'Requested resource not found', $metadata: {} });
    },
  };
}

/** The primary key of an item, nothing else. @throws `ValidationException` where it has none. */
export function keyOf({ hash, range }: KeySchema, item: Item): Item {
  const names = range === undefined ? [hash] : [hash, range.name];
  return Object.fromEntries(
    names.map((name) => {
      const value = item[name];
      if (value === undefined) throw invalid('One of the required keys was not given a value');
      return [name, value];
    }),
  );
}

/** A text that is equal for equal keys: the value of the partition key, and behind a `|` that of the sort key. */
export function keyText({ hash, range }: KeySchema, key: Item): string {
  return range === undefined ? textOf(key[hash]) : `${textOf(key[hash])}|${textOf(key[range.name])}`;
}

/** Items in the order in which their sort keys stand. */
export function byRange({ range }: KeySchema): (one: Item, other: Item) => number {
  if (range === undefined) return () => 0;
  const { name, type } = range;
  return (one, other) =>
    type === 'N'
      ? Number(one[name]?.N) - Number(other[name]?.N)
      : Buffer.compare(Buffer.from(one[name]?.S ?? ''), Buffer.from(other[name]?.S ?? ''));
}

/** A batch has so many keys at most, and none of them twice. */
export function distinct({ schema }: Table, keys: readonly Item[], limit: number): void {
  if (keys.length === 0 || keys.length > limit) throw invalid(`a batch of ${keys.length}, ${limit} at most`);
  if (new Set(keys.map((key) => keyText(schema, key))).size < keys.length) {
    throw invalid('Provided list of item keys contains duplicates');
  }
}

/** The error with which DynamoDB refuses a request that it can't make sense of. */
export function invalid(message: string): Error {
  const error = new Error(message);
  error.name = 'ValidationException';
  return error;
}

function textOf(value: AttributeValue | undefined): string {
  const text = value?.S ?? value?.N;
  if (text === undefined || text === '') throw invalid('The provided key element does not match the schema');
  return value?.N === undefined ? text : String(Number(text));
}

export type Item = Readonly<Record<string, AttributeValue>>;

/** A copy that shares no bytes with what a caller may change or reuse. */
function copyOfItem(item: Item): Item {
  return Object.fromEntries(Object.entries(item).map(([name, value]) => [name, copyOf(value)]));
}

function copyOf(value: AttributeValue): AttributeValue {
  if (value.B !== undefined) return { B: Uint8Array.from(value.B) };
  if (value.L !== undefined) return { L: value.L.map(copyOf) };
  if (value.M !== undefined) return { M: { ...copyOfItem(value.M) } };
  return { ...value };
}

/** Whether two values are the same, a number being the same however it is written. */
export function areEqual(one: AttributeValue, other: AttributeValue): boolean {
  const type = typeOf(one);
  if (type !== typeOf(other)) return false;
  switch (type) {
    case 'N':
      return Number(one.N) === Number(other.N);
    case 'B':
      return Buffer.compare(one.B ?? NO_BYTES, other.B ?? NO_BYTES) === 0;
    case 'L': {
      const [left, right] = [one.L ?? [], other.L ?? []];
      return left.length === right.length && left.every((value, index) => isSame(value, right[index]));
    }
    case 'M': {
      const [left, right] = [one.M ?? {}, other.M ?? {}];
      const names = Object.keys(left);
      return (
        names.length === Object.keys(right).length && names.every((name) => isSame(left[name], right[name]))
      );
    }
    case 'S':
      return one.S === other.S;
    case 'BOOL':
      return one.BOOL === other.BOOL;
    case 'NULL':
      return true;
  }
}

/** Below, at or above zero, as values of one type stand to each other; undefined where DynamoDB compares nothing. */
export function compare(one: AttributeValue, other: AttributeValue): number | undefined {
  const type = typeOf(one);
  if (type !== typeOf(other)) return undefined;
  if (type === 'N') return Number(one.N) - Number(other.N);
  if (type === 'S') return Buffer.compare(Buffer.from(one.S ?? ''), Buffer.from(other.S ?? ''));
  if (type === 'B') return Buffer.compare(one.B ?? NO_BYTES, other.B ?? NO_BYTES);
  return undefined;
}

/** What `size()` of a condition answers. */
export function sizeOf(value: AttributeValue): number | undefined {
  if (value.S !== undefined) return Buffer.byteLength(value.S);
  if (value.B !== undefined) return value.B.byteLength;
  if (value.L !== undefined) return value.L.length;
  if (value.M !== undefined) return Object.keys(value.M).length;
  return undefined;
}

const TYPES = ['S', 'N', 'B', 'L', 'M', 'BOOL', 'NULL'] as const;
const NO_BYTES = new Uint8Array();

/** Sets are not known here. */
function typeOf(value: AttributeValue): (typeof TYPES)[number] {
  const type = TYPES.find((name) => name in value);
  if (type === undefined) throw new TypeError(`the twin knows no attribute type ${Object.keys(value)}`);
  return type;
}

function isSame(one: AttributeValue | undefined, other: AttributeValue | undefined): boolean {
  return one !== undefined && other !== undefined && areEqual(one, other);
}
