/** DynamoDB's expressions: how they are read, and what they say of an item or make of it. */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { areEqual, compare, type Item, sizeOf } from './tables.ts';

/** What an expression, or a PartiQL statement, is read from: tokens one after another. */
export interface Tokens {
  /** The next token, not taken; undefined at the end. */
  readonly next: string | undefined;
  take(): string;
  /** Takes the next token if it is this one, whatever its case. */
  skip(token: string): boolean;
  /** @throws {SyntaxError} if the next token is another. */
  expect(token: string): void;
}

const TOKEN = /\s*([:#]?[A-Za-z_]\w*|\d+|"[^"]*"|'[^']*'|<>|<=|>=|[()[\]{},.:=<>+?-])/y;

/** @throws {SyntaxError} for what the twin doesn't know. */
export function tokensOf(text: string): Tokens {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  for (let end = 0; end < text.trimEnd().length; end = TOKEN.lastIndex) {
    const token = TOKEN.exec(text)?.[1];
    if (token === undefined) throw new SyntaxError(`the twin can't read ${text.slice(end)}`);
    tokens.push(token);
  }
  let position = 0;
  const isNext = (token: string) => tokens[position]?.toUpperCase() === token.toUpperCase();
  return {
    get next() {
      return tokens[position];
    },
    take() {
      const token = tokens[position++];
      if (token === undefined) throw new SyntaxError(`${text} ends early`);
      return token;
    },
    skip(token) {
      if (!isNext(token)) return false;
      position += 1;
      return true;
    },
    expect(token) {
      if (!isNext(token)) throw new SyntaxError(`${token} is expected before ${tokens[position]} in ${text}`);
      position += 1;
    },
  };
}

/** Reads `what` once or more, with commas between. */
function listOf<T>(tokens: Tokens, what: () => T): T[] {
  const list = [what()];
  while (tokens.skip(',')) list.push(what());
  return list;
}

/** A parser that reads each text once: there are few texts, and each is used thousands of times. */
export function cached<T>(parse: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const found = known.get(text);
    if (found !== undefined) return found;
    const parsed = parse(text);
    known.set(text, parsed);
    return parsed;
  };
}

/** What an expression's placeholders stand for. */
interface Bindings {
  readonly names: Readonly<Record<string, string>>;
  readonly values: Readonly<Record<string, AttributeValue>>;
}

/** An operand's value in an item, if it has one. */
type Operand = (item: Item, bindings: Bindings) => AttributeValue | undefined;

/** The way to an attribute, `#name[2].part`: names or placeholders of names, and places in lists. */
type Path = readonly (string | number)[];

function readPath(tokens: Tokens): Path {
  const path: (string | number)[] = [tokens.take()];
  for (;;) {
    if (tokens.skip('.')) path.push(tokens.take());
    else if (tokens.skip('[')) {
      path.push(Number(tokens.take()));
      tokens.expect(']');
    } else return path;
  }
}

function nameIn(part: string, { names }: Bindings): string {
  if (!part.startsWith('#')) return part;
  const name = names[part];
  if (name === undefined) throw new SyntaxError(`${part} is not in ExpressionAttributeNames`);
  return name;
}

function valueAt(path: Path, item: Item, bindings: Bindings): AttributeValue | undefined {
  let value: AttributeValue | undefined = { M: { ...item } };
  for (const part of path) {
    value = typeof part === 'number' ? value?.L?.[part] : value?.M?.[nameIn(part, bindings)];
  }
  return value;
}

/** `path`, `:value` or `size(path)`. */
function readOperand(tokens: Tokens): Operand {
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

/** Whether a condition holds for an item; one that isn't there has no attributes. */
export type Condition = (item: Item, bindings: Bindings) => boolean;

/**
 * Reads a ConditionExpression or KeyConditionExpression
 * (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html):
 *
 *     either  = both { OR both }        both = one { AND one }
 *     one     = NOT one | ( either ) | attribute_exists(path) | attribute_not_exists(path) | begins_with(operand, operand)
 *             | operand (= | <> | < | <= | > | >=) operand | operand BETWEEN operand AND operand | operand IN (operand, ...)
 */
export const conditionOf: (text: string) => Condition = cached((text) => {
  const tokens = tokensOf(text);
  const condition = readEither(tokens);
  if (tokens.next !== undefined) throw new SyntaxError(`${tokens.next} is too much in ${text}`);
  return condition;
});

function readEither(tokens: Tokens): Condition {
  const parts = [readBoth(tokens)];
  while (tokens.skip('OR')) parts.push(readBoth(tokens));
  return (item, bindings) => parts.some((holds) => holds(item, bindings));
}

function readBoth(tokens: Tokens): Condition {
  const parts = [readOne(tokens)];
  while (tokens.skip('AND')) parts.push(readOne(tokens));
  return (item, bindings) => parts.every((holds) => holds(item, bindings));
}

function readOne(tokens: Tokens): Condition {
  if (tokens.skip('NOT')) {
    const negated = readOne(tokens);
    return (item, bindings) => !negated(item, bindings);
  }
  if (tokens.skip('(')) {
    const inner = readEither(tokens);
    tokens.expect(')');
    return inner;
  }
  if (tokens.skip('attribute_exists')) return readExists(tokens, true);
  if (tokens.skip('attribute_not_exists')) return readExists(tokens, false);
  if (tokens.skip('begins_with')) return readBeginsWith(tokens);
  return readComparison(tokens);
}

function readExists(tokens: Tokens, expected: boolean): Condition {
  tokens.expect('(');
  const path = readPath(tokens);
  tokens.expect(')');
  return (item, bindings) => (valueAt(path, item, bindings) !== undefined) === expected;
}

function readBeginsWith(tokens: Tokens): Condition {
  tokens.expect('(');
  const operand = readOperand(tokens);
  tokens.expect(',');
  const start = readOperand(tokens);
  tokens.expect(')');
  return (item, bindings) => {
    const [text, prefix] = [operand(item, bindings)?.S, start(item, bindings)?.S];
    return text !== undefined && prefix !== undefined && text.startsWith(prefix);
  };
}

function readComparison(tokens: Tokens): Condition {
  const left = readOperand(tokens);
  if (tokens.skip('BETWEEN')) {
    const from = readOperand(tokens);
    tokens.expect('AND');
    return both(compared(left, from, '>='), compared(left, readOperand(tokens), '<='));
  }
  if (tokens.skip('IN')) {
    tokens.expect('(');
    const choices = listOf(tokens, () => compared(left, readOperand(tokens), '='));
    tokens.expect(')');
    return (item, bindings) => choices.some((holds) => holds(item, bindings));
  }
  const operator = tokens.take();
  return compared(left, readOperand(tokens), operator);
}

/** A comparison with an attribute that isn't there never holds. */
function compared(left: Operand, right: Operand, operator: string): Condition {
  return (item, bindings) => {
    const [one, other] = [left(item, bindings), right(item, bindings)];
    if (operator === '<>') return one === undefined || other === undefined || !areEqual(one, other);
    if (one === undefined || other === undefined) return false;
    if (operator === '=') return areEqual(one, other);
    const order = compare(one, other);
    return order !== undefined && holdsFor(operator, order);
  };
}

function holdsFor(operator: string, order: number): boolean {
  switch (operator) {
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
    default:
      throw new SyntaxError(`the twin knows no operator ${operator}`);
  }
}

function both(one: Condition, other: Condition): Condition {
  return (item, bindings) => one(item, bindings) && other(item, bindings);
}

/** The item after an update; every operand is read from the item before it. */
export type Update = (item: Item, bindings: Bindings) => Item;

/** One action of an update: what it makes of `after`, given the item `before`. */
type Action = (before: Item, after: Item, bindings: Bindings) => Item;

/**
 * Reads an UpdateExpression
 * (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html):
 *
 *     update = { SET set, ... | REMOVE path, ... | ADD path :number, ... }
 *     set    = path = value [ (+ | -) value ]
 *     value  = operand | if_not_exists(path, value) | list_append(value, value)
 */
export const updateOf: (text: string) => Update = cached((text) => {
  const tokens = tokensOf(text);
  const actions: Action[] = [];
  while (tokens.next !== undefined) actions.push(...readClause(tokens));
  return (item, bindings) => actions.reduce((after, act) => act(item, after, bindings), item);
});

function readClause(tokens: Tokens): Action[] {
  if (tokens.skip('SET')) return listOf(tokens, () => readSet(tokens));
  if (tokens.skip('REMOVE')) return listOf(tokens, () => readRemove(tokens));
  if (tokens.skip('ADD')) return listOf(tokens, () => readAdd(tokens));
  throw new SyntaxError(`the twin knows no clause ${tokens.next}`);
}

function readSet(tokens: Tokens): Action {
  const path = readPath(tokens);
  tokens.expect('=');
  const value = readSum(tokens);
  return (before, after, bindings) => {
    const set = value(before, bindings);
    if (set === undefined) throw missing(path);
    return placed(after, path, set, bindings);
  };
}

function readRemove(tokens: Tokens): Action {
  const [name, ...deeper] = readPath(tokens);
  if (typeof name !== 'string' || deeper.length > 0)
    throw new SyntaxError('the twin removes whole attributes');
  return (_before, after, bindings) => {
    const { [nameIn(name, bindings)]: _removed, ...rest } = after;
    return rest;
  };
}

/** A number that isn't there is zero. */
function readAdd(tokens: Tokens): Action {
  const path = readPath(tokens);
  const value = readOperand(tokens);
  return (before, after, bindings) => {
    const sum = Number(valueAt(path, before, bindings)?.N ?? 0) + Number(value(before, bindings)?.N);
    return placed(after, path, { N: String(sum) }, bindings);
  };
}

function readSum(tokens: Tokens): Operand {
  const left = readValue(tokens);
  const sign = tokens.skip('+') ? 1 : tokens.skip('-') ? -1 : 0;
  if (sign === 0) return left;
  const right = readValue(tokens);
  return (item, bindings) => {
    const [one, other] = [left(item, bindings)?.N, right(item, bindings)?.N];
    return one === undefined || other === undefined
      ? undefined
      : { N: String(Number(one) + sign * Number(other)) };
  };
}

function readValue(tokens: Tokens): Operand {
  if (tokens.skip('if_not_exists')) {
    tokens.expect('(');
    const path = readPath(tokens);
    tokens.expect(',');
    const otherwise = readValue(tokens);
    tokens.expect(')');
    return (item, bindings) => valueAt(path, item, bindings) ?? otherwise(item, bindings);
  }
  if (tokens.skip('list_append')) {
    tokens.expect('(');
    const first = readValue(tokens);
    tokens.expect(',');
    const second = readValue(tokens);
    tokens.expect(')');
    return (item, bindings) => {
      const [head, tail] = [first(item, bindings)?.L, second(item, bindings)?.L];
      return head === undefined || tail === undefined ? undefined : { L: [...head, ...tail] };
    };
  }
  return readOperand(tokens);
}

/** The item with a value at the path. A place behind the end of a list is its end. */
function placed(item: Item, [name, ...rest]: Path, value: AttributeValue, bindings: Bindings): Item {
  if (typeof name !== 'string') throw missing([]);
  const attribute = nameIn(name, bindings);
  const [place, ...deeper] = rest;
  if (place === undefined) return { ...item, [attribute]: value };
  const old = item[attribute];
  if (typeof place === 'number' && deeper.length === 0 && old?.L !== undefined) {
    const list = [...old.L];
    list[Math.min(place, list.length)] = value;
    return { ...item, [attribute]: { L: list } };
  }
  if (typeof place === 'string' && old?.M !== undefined) {
    return { ...item, [attribute]: { M: { ...placed(old.M, rest, value, bindings) } } };
  }
  throw missing(rest);
}

function missing(path: Path): Error {
  const error = new Error(`The document path ${path.join('.')} provided in the update expression is invalid`);
  error.name = 'ValidationException';
  return error;
}
