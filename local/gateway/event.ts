import { isUtf8 } from 'node:buffer';
import { z } from 'zod';
import type { RouteModel } from '../resources/http-api.ts';

/** An HTTP request as far as an event needs it. */
export interface GatewayRequest {
  readonly method: string;
  /** Percent-decoded, encoded slashes too, and without the query string. */
  readonly path: string;
  /** Without the question mark. */
  readonly query: string;
  /** `HTTP/1.1` */
  readonly protocol: string;
  /** Name, value, name, value, as they came. */
  readonly rawHeaders: readonly string[];
  readonly sourceIp: string;
  readonly body: Uint8Array;
}

/** What API Gateway itself knows of a request. */
export interface EventFacts {
  readonly apiId: string;
  readonly account: string;
  readonly requestId: string;
  readonly route: RouteModel;
  /** Of the request's token, where the route wants one. */
  readonly claims: Claims;
  readonly pathParameters: Readonly<Record<string, string>> | undefined;
  /** Epoch milliseconds. */
  readonly timeMs: number;
}

/**
 * The event a Lambda integration with payload format 2.0 receives.
 *
 * `rawPath` and `requestContext.http.path` are decoded, unlike those of function URLs, as captured events show
 * (https://github.com/honojs/hono/issues/2156, https://github.com/aws-powertools/powertools-lambda-python/issues/1098).
 * `requestContext.domainName` is what the client called, so that links built from it work. Routes with AWS_IAM get a
 * made-up local principal, as nothing was signed.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export function httpEvent(request: GatewayRequest, facts: EventFacts): object {
  const { headers, cookies } = readHeaders(request.rawHeaders);
  const body = Buffer.from(request.body.buffer, request.body.byteOffset, request.body.byteLength);
  const isText = isTextType(headers['content-type']) && isUtf8(body);
  const domainName = headers.host ?? '';
  return {
    version: '2.0',
    routeKey: facts.route.routeKey,
    rawPath: request.path,
    rawQueryString: request.query,
    ...(cookies.length === 0 ? {} : { cookies }),
    headers,
    ...(request.query === '' ? {} : { queryStringParameters: queryParameters(request.query) }),
    requestContext: {
      accountId: facts.account,
      apiId: facts.apiId,
      ...authorizer(facts),
      domainName,
      domainPrefix: facts.apiId,
      http: {
        method: request.method,
        path: request.path,
        protocol: request.protocol,
        sourceIp: request.sourceIp,
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: facts.requestId,
      routeKey: facts.route.routeKey,
      stage: '$default',
      time: commonLogTime(facts.timeMs),
      timeEpoch: Math.floor(facts.timeMs),
    },
    ...(facts.pathParameters === undefined ? {} : { pathParameters: facts.pathParameters }),
    ...(body.length === 0 ? {} : { body: body.toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: body.length > 0 && !isText,
  };
}

/** Headers that belong to the connection between client and gateway, which the function has no part in. */
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
  'expect',
]);

/** Names in lower case, values of repeated names joined by commas, cookies apart. */
function readHeaders(rawHeaders: readonly string[]): { headers: Record<string, string>; cookies: string[] } {
  const joined = new Map<string, string>();
  const cookies: string[] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase();
    const value = rawHeaders[index + 1] ?? '';
    if (hopByHop.has(name)) continue;
    if (name === 'cookie') cookies.push(...value.split(';').map((cookie) => cookie.trim()));
    else joined.set(name, joined.has(name) ? `${joined.get(name)},${value}` : value);
  }
  return { headers: Object.fromEntries(joined), cookies };
}

/** Values of repeated names joined by commas. */
function queryParameters(query: string): Record<string, string> {
  const joined = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(query)) {
    joined.set(name, joined.has(name) ? `${joined.get(name)},${value}` : value);
  }
  return Object.fromEntries(joined);
}

/**
 * Bodies of these types come as they are, all others in base64: forms, `+json` and those without a type included. AWS says
 * "if the content type of the request is binary" and has no list; this one was measured on AWS
 * (https://github.com/ministackorg/ministack/pull/766). Nobody has measured what becomes of a body of such a type that isn't
 * UTF-8: base64 is the one form that loses nothing.
 */
function isTextType(contentType: string | undefined): boolean {
  const [type = ''] = (contentType ?? '').toLowerCase().split(';');
  return /^(text\/.*|application\/(json|javascript|xml))$/.test(type.trim());
}

/** `12/Mar/2020:19:03:58 +0000` */
function commonLogTime(epochMs: number): string {
  const [, day, month, year, time] = new Date(epochMs).toUTCString().split(' ');
  return `${day}/${month}/${year}:${time} +0000`;
}

function authorizer({ route, account, claims }: EventFacts): object {
  switch (route.authorization) {
    case 'NONE':
      return {};
    case 'AWS_IAM':
      return {
        authorizer: {
          iam: {
            accessKey: 'LOCAL',
            accountId: account,
            callerId: 'LOCAL',
            cognitoIdentity: null,
            principalOrgId: null,
            userArn: `arn:aws:iam::${account}:user/local`,
            userId: 'LOCAL',
          },
        },
      };
    case 'JWT':
      return { authorizer: { jwt: { claims, scopes: null } } };
  }
}

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
 * The claims of a request's token; those given if it has none, `malformed` if what it has is no token. It is read and not
 * checked, neither its signature nor issuer, audience or time: on 127.0.0.1 there is nobody to keep out.
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
