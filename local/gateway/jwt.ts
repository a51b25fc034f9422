/**
 * What a token says, as API Gateway hands it to a function. Tokens are read here and not checked: neither their
 * signature nor issuer, audience or time, since on 127.0.0.1 there is nobody to keep out.
 */
import { z } from 'zod';

/** Claims by name, each a text. */
export type Claims = Readonly<Record<string, string>>;

/** Where a request may have its token. */
interface TokenBearer {
  /** Name, value, name, value, as they came. */
  readonly rawHeaders: readonly string[];
  /** Without the question mark. */
  readonly query: string;
}

/**
 * The claims of a request's token; those given if it has none, `malformed` if what it has is no token.
 *
 * @param source as an authorizer names it: `$request.header.Authorization`, `$request.querystring.token`
 */
export function claimsOf(request: TokenBearer, source: string, given: Claims): Claims | 'malformed' {
  const token = tokenIn(request, source);
  return token === undefined ? given : claimsIn(token.replace(/^Bearer +/i, ''));
}

function tokenIn({ rawHeaders, query }: TokenBearer, source: string): string | undefined {
  const [, place, name = ''] = /^\$request\.(header|querystring)\.(.+)$/.exec(source) ?? [];
  if (place === 'querystring') return new URLSearchParams(query).get(name) ?? undefined;
  const at = rawHeaders.findIndex(
    (header, index) => index % 2 === 0 && header.toLowerCase() === name.toLowerCase(),
  );
  return at < 0 ? undefined : rawHeaders[at + 1];
}

const Payload = z.record(z.string(), z.unknown());

/** JWS compact serialization, RFC 7515: header, payload and signature in base64url, dots between. */
function claimsIn(token: string): Claims | 'malformed' {
  const [, payload, signature, ...more] = token.split('.');
  if (payload === undefined || signature === undefined || more.length > 0) return 'malformed';
  try {
    const claims = Payload.parse(JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')));
    return Object.fromEntries(Object.entries(claims).map(([name, value]) => [name, claimText(value)]));
  } catch {
    return 'malformed';
  }
}

/** Numbers as text, lists as `[a b]`: seen on AWS, no page says so. */
function claimText(value: unknown): string {
  if (typeof value === 'string') return value;
  return Array.isArray(value) ? `[${value.map(claimText).join(' ')}]` : JSON.stringify(value);
}
