import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { ResourceNotFoundException } from '@aws-sdk/client-dynamodb';
import { copyOfItem, type Item } from './values.ts';

/** A table's primary key; the partition key is a string. */
export interface KeySchema {
  readonly hash: string;
  readonly range?: { readonly name: string; readonly type: 'S' | 'N' };
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

/** A text that is equal for equal keys. */
export function keyText({ hash, range }: KeySchema, key: Item): string {
  return `${textOf(key[hash])}|${range === undefined ? '' : textOf(key[range.name])}`;
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
