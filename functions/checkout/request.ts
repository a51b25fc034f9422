/** Reads a request to place an order: its key, its bytes, its JSON, its fields, in this order. */
import { createHash } from 'node:crypto';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import canonicalize from 'canonicalize';
import * as z from 'zod';
import { IdempotencyKey } from '../orders/ids.ts';
import { orderShape, PlaceOrder } from '../orders/order.ts';
import { readJsonBody } from './json-body.ts';
import { type Problem, type ProblemError, pointer, problem } from './problems.ts';

const MAX_BODY_BYTES = 64 * 1024;
/** A longer name of an unknown field is not repeated; its parent is pointed at. */
const MAX_FIELD_NAME = 64;

/** What a customer asks for. */
export interface PlaceOrderRequest {
  readonly idempotencyKey: IdempotencyKey;
  readonly order: PlaceOrder;
  /** SHA-256, in hex, of the order as canonical JSON (RFC 8785): equal for equal content, however it was written. */
  readonly contentHash: string;
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

  const requestFor = (order: PlaceOrder): PlaceOrderRequest => ({
    idempotencyKey: key.data,
    order,
    contentHash: contentHashOf(order),
  });
  const order = PlaceOrder.safeParse(json.value, { error: inPlainWords });
  if (order.success) return { kind: 'request', request: requestFor(order.data) };

  const { issues } = order.error;
  const why = problem('order-invalid', issues.flatMap(toErrors));
  const shape = OrderShape.safeParse(json.value);
  const isKnown = issues.every(({ code }) => code !== 'unrecognized_keys');
  return shape.success && isKnown
    ? { kind: 'refused', problem: why, asked: requestFor(shape.data) }
    : refused(why);
}

const OrderShape = z.object(orderShape);

function contentHashOf(order: PlaceOrder): string {
  return createHash('sha256')
    .update(canonicalize(order) ?? '')
    .digest('hex');
}

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
