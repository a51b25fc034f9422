import { readTraceparent } from '../orders/wire.ts';

/** A source of randomness: `length` bytes. */
export type RandomBytes = (length: number) => Uint8Array;

/**
 * The `traceparent` of what a request causes: the caller's trace, if their header is valid, under a new span id;
 * otherwise a new, unsampled trace.
 */
export function childTraceparent(header: string | undefined, randomBytes: RandomBytes): string {
  const caller = header === undefined ? undefined : readTraceparent(header);
  const traceId = caller?.traceId ?? hex(randomBytes(16));
  return `00-${traceId}-${hex(randomBytes(8))}-${caller?.sampled ? '01' : '00'}`;
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
