import { z } from 'zod';

/** Schemas of DynamoDB's attribute values, each with the plain value as its output. */
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
