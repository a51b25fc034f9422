/**
 * DynamoDB's attribute values and plain values, both ways: schemas that read, each with the plain value as its output, and
 * functions that write.
 */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { z } from 'zod';

export const S = z.object({ S: z.string() }).transform((value) => value.S);
export const N = z.object({ N: z.string() }).transform((value) => Number(value.N));
export const B = z.object({ B: z.instanceof(Uint8Array) }).transform((value) => value.B);

export const L = <T extends z.ZodType>(item: T) =>
  z.object({ L: z.array(item) }).transform((value) => value.L);

export const M = <T extends z.ZodRawShape>(shape: T) =>
  z.object({ M: z.object(shape) }).transform((value) => value.M);

/** A map of any names. */
export const MapOf = <T extends z.ZodType>(value: T) =>
  z.object({ M: z.record(z.string(), value) }).transform((map) => map.M);

/** What can be written. */
export type Plain = string | number | readonly Plain[] | PlainItem;

/** Members that are `undefined` are left out. */
export interface PlainItem {
  readonly [name: string]: Plain | undefined;
}

export function attributesOf(item: PlainItem): Record<string, AttributeValue> {
  return Object.fromEntries(
    Object.entries(item).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, attributeOf(value)] as const],
    ),
  );
}

function attributeOf(value: Plain): AttributeValue {
  if (typeof value === 'string') return { S: value };
  if (typeof value === 'number') return { N: String(value) };
  return isList(value) ? { L: value.map(attributeOf) } : { M: attributesOf(value) };
}

function isList(value: readonly Plain[] | PlainItem): value is readonly Plain[] {
  return Array.isArray(value);
}
