/** A source of randomness: `length` bytes. */
export type RandomBytes = (length: number) => Uint8Array;

/**
 * https://www.w3.org/TR/trace-context/#traceparent-header; a later version may have more fields behind these. Two headers, which
 * an HTTP API joins by a comma, are no `traceparent`.
 */
const TRACEPARENT =
  /^(?<version>[0-9a-f]{2})-(?<traceId>[0-9a-f]{32})-(?<parentId>[0-9a-f]{16})-(?<flags>[0-9a-f]{2})(?<more>-[^,]*)?$/;

/**
 * The `traceparent` of what a request causes: the caller's trace, if their header is valid, under a new span id;
 * otherwise a new, unsampled trace.
 */
export function childTraceparent(header: string | undefined, randomBytes: RandomBytes): string {
  const caller = header === undefined ? undefined : readTraceparent(header);
  const traceId = caller?.traceId ?? hex(randomBytes(16));
  return `00-${traceId}-${hex(randomBytes(8))}-${caller?.sampled ? '01' : '00'}`;
}

function readTraceparent(header: string): { traceId: string; sampled: boolean } | undefined {
  const fields = TRACEPARENT.exec(header)?.groups;
  if (fields === undefined) return undefined;
  const { version, traceId = '', parentId = '', flags = '', more } = fields;
  if (version === 'ff' || (version === '00' && more !== undefined)) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(parentId)) return undefined;
  return { traceId, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
