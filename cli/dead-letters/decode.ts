import { printable } from '../terminal.ts';

/** Bytes as a person can read them, safe for a terminal. */
export interface Decoded {
  readonly kind: 'null' | 'empty' | 'JSON' | 'text' | 'bytes';
  readonly lines: readonly string[];
}

/** Bytes shown of what is no text, 32 to a line. */
const BYTES_SHOWN = 512;
const BYTES_PER_LINE = 32;

/**
 * Decodes bytes as JSON, else as UTF-8, else shows them in hexadecimal.
 *
 * JSON is only laid out where that changes nothing but white space: a number that JavaScript rounds, or a name that
 * comes twice, may be why the letter is here.
 *
 * @param bytes `undefined` is Kafka's null
 */
export function decodeBytes(bytes: Uint8Array | undefined): Decoded {
  if (bytes === undefined) return { kind: 'null', lines: [] };
  if (bytes.length === 0) return { kind: 'empty', lines: [] };
  const text = utf8(bytes);
  if (text === undefined) return { kind: 'bytes', lines: hexadecimal(bytes) };
  const layout = layoutOf(text);
  const [kind, shown] = layout === undefined ? (['text', text] as const) : (['JSON', layout] as const);
  return { kind, lines: shown.split('\n').map(printable) };
}

function utf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** JSON with a line for every member; as it stands where that would change more than white space. */
function layoutOf(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return JSON.stringify(value) === text ? JSON.stringify(value, null, 2) : text;
  } catch {
    return undefined;
  }
}

function hexadecimal(bytes: Uint8Array): string[] {
  const shown = Buffer.from(bytes.subarray(0, BYTES_SHOWN));
  const lines: string[] = [];
  for (let from = 0; from < shown.length; from += BYTES_PER_LINE) {
    const line = shown.subarray(from, from + BYTES_PER_LINE).toString('hex');
    lines.push((line.match(/.{2}/g) ?? []).join(' '));
  }
  const more = bytes.length - shown.length;
  return more > 0 ? [...lines, `and ${more} bytes more`] : lines;
}
