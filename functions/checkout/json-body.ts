/** Reads JSON that can mean one thing only: RFC 8259 in UTF-8, and no name twice in an object (RFC 7493, 2.3). */

import { jsonIn, textIn } from '../json.ts';

export type JsonBody =
  | { readonly kind: 'json'; readonly value: unknown }
  | { readonly kind: 'not-json' }
  /** An object has two members of one name; `path` is that member's. */
  | { readonly kind: 'ambiguous'; readonly path: readonly (string | number)[] };

/** The value of a body's bytes. */
export function readJsonBody(bytes: Uint8Array): JsonBody {
  const text = textIn(bytes);
  const value = text === undefined ? undefined : jsonIn(text);
  if (text === undefined || value === undefined) return { kind: 'not-json' };
  const path = repeatedMember(text);
  return path === undefined ? { kind: 'json', value } : { kind: 'ambiguous', path };
}

/** The tokens that tell where a name stands; numbers, literals and spaces don't. */
const TOKENS = /"(?:[^"\\]|\\.)*"|[{}[\],]/g;

interface Container {
  /** Of an array, nothing. */
  readonly names: Set<string> | undefined;
  /** Where the walk is in it: the name of a member, or the index of an element. */
  at: string | number;
  isNameNext: boolean;
}

/**
 * The path of the first member whose name its object has had before, as its escapes are read: `"sku"` is `"\u0073ku"`.
 *
 * JSON.parse takes the last of two such members and others the first, so that a proxy in front can have judged another order
 * than the one that is placed. It tells nobody, its reviver included; parsers that do are recursive, and a body can be nested
 * deeper than a stack.
 *
 * @param json a text that JSON.parse takes
 */
function repeatedMember(json: string): (string | number)[] | undefined {
  const open: Container[] = [];
  for (const [token] of json.matchAll(TOKENS)) {
    const inner = open.at(-1);
    switch (token) {
      case '{':
        open.push({ names: new Set(), at: '', isNameNext: true });
        break;
      case '[':
        open.push({ names: undefined, at: 0, isNameNext: false });
        break;
      case '}':
      case ']':
        open.pop();
        break;
      case ',':
        if (inner === undefined) break;
        if (typeof inner.at === 'number') inner.at += 1;
        else inner.isNameNext = true;
        break;
      default: {
        if (inner?.names === undefined || !inner.isNameNext) break;
        const name: string = JSON.parse(token);
        inner.at = name;
        inner.isNameNext = false;
        if (inner.names.has(name)) return open.map(({ at }) => at);
        inner.names.add(name);
      }
    }
  }
  return undefined;
}
