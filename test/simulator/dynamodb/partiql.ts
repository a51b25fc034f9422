import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { cached, type Tokens, tokensOf } from './parser.ts';
import type { Item } from './values.ts';

/** A statement with its parameters in place. */
export type Statement =
  | { readonly kind: 'insert'; readonly table: string; readonly item: Item }
  | {
      readonly kind: 'update';
      readonly table: string;
      readonly set: Item;
      /** All of these attributes must be equal; the key's are among them. */
      readonly where: Item;
    };

type Bind = (parameters: readonly AttributeValue[]) => Statement;

/**
 * Reads a PartiQL statement
 * (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.html), values being question marks:
 *
 *     INSERT INTO "table" VALUE {'name': ?, ...}
 *     UPDATE "table" SET "name" = ? SET ... WHERE "name" = ? AND ...
 */
export function statementOf(text: string, parameters: readonly AttributeValue[]): Statement {
  return bindingOf(text)(parameters);
}

const bindingOf: (text: string) => Bind = cached((text) => {
  const tokens = tokensOf(text);
  const bind = tokens.skip('INSERT') ? readInsert(tokens) : readUpdate(tokens);
  if (tokens.next !== undefined) throw new SyntaxError(`${tokens.next} is too much in ${text}`);
  return bind;
});

function readInsert(tokens: Tokens): Bind {
  tokens.expect('INTO');
  const table = unquoted(tokens.take());
  tokens.expect('VALUE');
  tokens.expect('{');
  const names: string[] = [];
  do {
    names.push(unquoted(tokens.take()));
    tokens.expect(':');
    tokens.expect('?');
  } while (tokens.skip(','));
  tokens.expect('}');
  return (parameters) => ({ kind: 'insert', table, item: bound(names, parameters) });
}

function readUpdate(tokens: Tokens): Bind {
  tokens.expect('UPDATE');
  const table = unquoted(tokens.take());
  const set: string[] = [];
  while (tokens.skip('SET')) set.push(readEquation(tokens));
  tokens.expect('WHERE');
  const where = [readEquation(tokens)];
  while (tokens.skip('AND')) where.push(readEquation(tokens));
  return (parameters) => ({
    kind: 'update',
    table,
    set: bound(set, parameters.slice(0, set.length)),
    where: bound(where, parameters.slice(set.length)),
  });
}

function readEquation(tokens: Tokens): string {
  const name = unquoted(tokens.take());
  tokens.expect('=');
  tokens.expect('?');
  return name;
}

function bound(names: readonly string[], parameters: readonly AttributeValue[]): Item {
  if (names.length !== parameters.length)
    throw new SyntaxError(`${parameters.length} parameters for ${names}`);
  return Object.fromEntries(
    names.flatMap((name, index) => {
      const value = parameters[index];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

const unquoted = (token: string): string => token.replace(/^["']|["']$/g, '');
