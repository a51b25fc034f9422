import { type Bindings, type Operand, readOperand, readPath, valueAt } from './operands.ts';
import { cached, listOf, type Tokens, tokensOf } from './parser.ts';
import { areEqual, compare, type Item } from './values.ts';

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
