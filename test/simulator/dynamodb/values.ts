import type { AttributeValue } from '@aws-sdk/client-dynamodb';

export type Item = Readonly<Record<string, AttributeValue>>;

/** A copy that shares no bytes with what a caller may change or reuse. */
export function copyOfItem(item: Item): Item {
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
