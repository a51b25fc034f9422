/** Reads a request to place an order: its key, its bytes, its JSON, its fields, in this order. */
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import * as z from 'zod';
import { jsonIn, textIn } from '../json.ts';
import { IdempotencyKey } from '../orders/ids.ts';
import { orderShape, PlaceOrder } from '../orders/order.ts';
import { readTraceparent } from '../orders/wire.ts';
import { type Problem, type ProblemError, pointer, problem } from './problems.ts';

const MAX_BODY_BYTES = 64 * 1024;
/** A longer name of an unknown field is not repeated; its parent is pointed at. */
const MAX_FIELD_NAME = 64;

/** What a customer asks for. */
export interface PlaceOrderRequest {
  readonly idempotencyKey: IdempotencyKey;
  readonly order: PlaceOrder;
}

export type ParsedRequest =
  | { readonly kind: 'request'; readonly request: PlaceOrderRequest }
  /** `asked` is there if rules alone speak against it: it may be the repetition of an order that earlier rules let in. */
  | { readonly kind: 'refused'; readonly problem: Problem; readonly asked?: PlaceOrderRequest };

/** The request that an event of `POST /orders` holds. */
export function parsePlaceOrder(
  event: Pick<APIGatewayProxyEventV2, 'headers' | 'body' | 'isBase64Encoded'>,
): ParsedRequest {
  const key = IdempotencyKey.safeParse(event.headers['idempotency-key']);
  if (!key.success) {
    const detail = key.error.issues[0]?.message ?? 'is invalid';
    return refused(problem('idempotency-key-invalid', [{ header: 'Idempotency-Key', detail }]));
  }

  const bytes = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8');
  if (bytes.length > MAX_BODY_BYTES) return refused(problem('body-too-large'));
  const json = readJsonBody(bytes);
  switch (json.kind) {
    case 'not-json':
      return refused(problem('body-not-json'));
    case 'ambiguous':
      return refused(problem('order-invalid', [{ pointer: pointerTo(json.path), detail: 'is there twice' }]));
    case 'json':
      break;
  }

  const idempotencyKey = key.data;
  const order = PlaceOrder.safeParse(json.value, { error: inPlainWords });
  if (order.success) return { kind: 'request', request: { idempotencyKey, order: order.data } };

  const { issues } = order.error;
  const why = problem('order-invalid', issues.flatMap(toErrors));
  const shape = OrderShape.safeParse(json.value);
  const isKnown = issues.every(({ code }) => code !== 'unrecognized_keys');
  return shape.success && isKnown
    ? { kind: 'refused', problem: why, asked: { idempotencyKey, order: shape.data } }
    : refused(why);
}

const OrderShape = z.object(orderShape);

/** The fields' own messages go before these. */
function inPlainWords(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code !== 'invalid_type') return undefined;
  return issue.input === undefined ? 'is required' : `must be of type ${issue.expected}`;
}

function toErrors(issue: z.core.$ZodIssue): ProblemError[] {
  if (issue.code !== 'unrecognized_keys') return [{ pointer: pointerTo(issue.path), detail: issue.message }];
  return issue.keys.map((name) => ({
    pointer: pointerTo([...issue.path, name]),
    detail: 'is not a known field',
  }));
}

/** Up to the first name that is too long to be one of ours. */
function pointerTo(path: readonly PropertyKey[]): string {
  const end = path.findIndex((key) => String(key).length > MAX_FIELD_NAME);
  return pointer(end < 0 ? path : path.slice(0, end));
}

const refused = (why: Problem): ParsedRequest => ({ kind: 'refused', problem: why });

export type JsonBody =
  | { readonly kind: 'json'; readonly value: unknown }
  | { readonly kind: 'not-json' }
  /** An object has two members of one name; `path` is that member's. */
  | { readonly kind: 'ambiguous'; readonly path: readonly (string | number)[] };

/** The value of a body's bytes, which can mean one thing only: RFC 8259 in UTF-8, no name twice in an object (RFC 7493, 2.3). */
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

/** A source of randomness: `length` bytes. */
export type RandomBytes = (length: number) => Uint8Array;

/**
 * The `traceparent` of what a request causes: the caller's trace, if their header is valid, under a new span id;
 * otherwise a new, unsampled trace.
 */
export function childTraceparent(header: string | undefined, randomBytes: RandomBytes): string {
  const caller = header === undefined ? undefined : readTraceparent(header);
  const traceId = caller?.traceId ?? hex(randomBytes(16));
  return `00-${traceId}-${hex(randomBytes(8))}-${caller?.sampled ? '01' : '00'}`;
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
