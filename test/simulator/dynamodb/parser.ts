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
export function listOf<T>(tokens: Tokens, what: () => T): T[] {
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
