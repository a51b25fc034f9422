import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import {
  type Bindings,
  nameIn,
  type Operand,
  type Path,
  readOperand,
  readPath,
  valueAt,
} from './operands.ts';
import { cached, listOf, type Tokens, tokensOf } from './parser.ts';
import type { Item } from './values.ts';

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
