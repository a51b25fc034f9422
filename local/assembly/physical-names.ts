import { createHash } from 'node:crypto';

/**
 * The name of a resource that the template leaves unnamed: `<stack>-<logicalId>`.
 *
 * CloudFormation would append a random part; this one is the same on every run, so that data of an earlier run is found
 * again. Too long names are cut and end in 8 hex digits of a hash over the whole.
 *
 * @param limit characters the type's names may have
 */
export function generatedName(stackName: string, logicalId: string, limit: number): string {
  const name = `${stackName}-${logicalId}`;
  return name.length <= limit ? name : `${name.slice(0, limit - 9)}-${sha256Hex(name).slice(0, 8)}`;
}

/** A UUID (version 8, "custom" in RFC 9562) derived from a text: the same text gives the same UUID. */
export function derivedUuid(text: string): string {
  const hex = sha256Hex(text);
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 0x3) | 0x8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}

/** 10 lower-case hex digits derived from a text, the shape of API Gateway's ids. */
export function derivedId(text: string): string {
  return sha256Hex(text).slice(0, 10);
}

function sha256Hex(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}
