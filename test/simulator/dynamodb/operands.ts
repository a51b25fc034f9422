import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Tokens } from './parser.ts';
import { type Item, sizeOf } from './values.ts';

/** What an expression's placeholders stand for. */
export interface Bindings {
  readonly names: Readonly<Record<string, string>>;
  readonly values: Readonly<Record<string, AttributeValue>>;
}

/** An operand's value in an item, if it has one. */
export type Operand = (item: Item, bindings: Bindings) => AttributeValue | undefined;

/** The way to an attribute, `#name[2].part`: names or placeholders of names, and places in lists. */
export type Path = readonly (string | number)[];

export function readPath(tokens: Tokens): Path {
  const path: (string | number)[] = [tokens.take()];
  for (;;) {
    if (tokens.skip('.')) path.push(tokens.take());
    else if (tokens.skip('[')) {
      path.push(Number(tokens.take()));
      tokens.expect(']');
    } else return path;
  }
}

export function nameIn(part: string, { names }: Bindings): string {
  if (!part.startsWith('#')) return part;
  const name = names[part];
  if (name === undefined) throw new SyntaxError(`${part} is not in ExpressionAttributeNames`);
  return name;
}

export function valueAt(path: Path, item: Item, bindings: Bindings): AttributeValue | undefined {
  let value: AttributeValue | undefined = { M: { ...item } };
  for (const part of path) {
    value = typeof part === 'number' ? value?.L?.[part] : value?.M?.[nameIn(part, bindings)];
  }
  return value;
}

/** `path`, `:value` or `size(path)`. */
export function readOperand(tokens: Tokens): Operand {
  if (tokens.next?.startsWith(':')) return placeholderValue(tokens.take());
  if (tokens.skip('size')) {
    tokens.expect('(');
    const path = readPath(tokens);
    tokens.expect(')');
    return (item, bindings) => {
      const value = valueAt(path, item, bindings);
      const size = value && sizeOf(value);
      return size === undefined ? undefined : { N: String(size) };
    };
  }
  const path = readPath(tokens);
  return (item, bindings) => valueAt(path, item, bindings);
}

function placeholderValue(placeholder: string): Operand {
  return (_item, { values }) => {
    const value = values[placeholder];
    if (value === undefined) throw new SyntaxError(`${placeholder} is not in ExpressionAttributeValues`);
    return value;
  };
}
