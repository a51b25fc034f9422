/** Text and JSON from bytes that anybody may have sent: strictly, and without exceptions. */

/** A byte order mark is kept, so that JSON.parse refuses it as RFC 8259 lets it. */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text of UTF-8; undefined for bytes that are none, over-long forms and surrogates among them. */
export function textIn(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

/** The value of a JSON text, or of one in UTF-8; undefined, which is no JSON value, where it is none. */
export function jsonIn(json: string | Uint8Array): unknown {
  const text = typeof json === 'string' ? json : textIn(json);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
