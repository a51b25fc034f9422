/**
 * The wire contract of the topic `orders`: CloudEvents 1.0, Kafka binary mode
 * (https://github.com/cloudevents/spec/blob/main/cloudevents/bindings/kafka-protocol-binding.md). Attributes are headers
 * `ce_<name>`, the value is the event's data as JSON, the key is the order id: order holds per order, and no further.
 */
import { jsonIn, textIn } from '../json.ts';
import { EVENT_DATA, happenedAt, type OrderEvent } from './events.ts';
import { EventId } from './ids.ts';

/** A record as bytes: what a producer sends and a consumer decodes. `value` is null for a tombstone. */
export interface WireRecord {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  /** In the order they stand on the record; names may repeat, values may be null. */
  readonly headers: readonly (readonly [name: string, value: Uint8Array | null])[];
}

/** An event ready to be published: exactly these bytes, however often it is sent. */
export interface EncodedEvent {
  readonly eventId: EventId;
  readonly key: string;
  readonly value: Uint8Array;
  /** ASCII. */
  readonly headers: Readonly<Record<string, string>>;
}

/** What a consumer finds in a record. `reason` and `detail` name fields, never their contents. */
export type ParsedRecord =
  | { readonly kind: 'event'; readonly event: OrderEvent; readonly traceparent: string | undefined }
  | { readonly kind: 'skipped'; readonly reason: 'tombstone' | 'unknown-type' }
  | { readonly kind: 'rejected'; readonly reason: 'unparseable' | 'invalid'; readonly detail: string };

const SOURCE = '/orderly/checkout';

/** The bytes of an event. `traceparent` is W3C Trace Context's. */
export function encodeEvent(event: OrderEvent, traceparent: string): EncodedEvent {
  const { orderId } = event.data;
  return {
    eventId: event.eventId,
    key: orderId,
    value: Buffer.from(JSON.stringify(event.data), 'utf8'),
    headers: {
      ce_specversion: '1.0',
      ce_id: event.eventId,
      ce_source: SOURCE,
      ce_type: event.type,
      ce_subject: orderId,
      ce_time: happenedAt(event),
      ce_partitionkey: orderId,
      'content-type': 'application/json',
      traceparent,
    },
  };
}

/** The event that bytes hold which `encodeEvent` made, here or in an older version; `undefined` if they hold none. */
export function decodeEvent({ key, value, headers }: Omit<EncodedEvent, 'eventId'>): OrderEvent | undefined {
  const bytes = (text: string) => Buffer.from(text, 'utf8');
  const record = parseRecord({
    key: bytes(key),
    value,
    headers: Object.entries(headers).map(([name, text]) => [name, bytes(text)]),
  });
  return record.kind === 'event' ? record.event : undefined;
}

/**
 * Reads a record of the topic: its headers, then its value, then whether the two agree.
 *
 * The type comes first, since the value of a type that this reader does not know may have any form.
 */
export function parseRecord(record: WireRecord): ParsedRecord {
  if (record.value === null) return { kind: 'skipped', reason: 'tombstone' };

  const headers = readHeaders(record.headers);
  const type = headers.kind === 'headers' ? headers.values.get('ce_type') : undefined;
  if (type !== undefined && !isEventType(type)) {
    return { kind: 'skipped', reason: 'unknown-type' };
  }

  const data = readJsonObject(record.value);
  if (data === undefined) {
    return { kind: 'rejected', reason: 'unparseable', detail: 'the value is not a JSON object in UTF-8' };
  }
  if (headers.kind === 'rejected') return invalid(headers.detail);
  if (type === undefined) return invalid('header ce_type is missing');
  if (headers.values.get('ce_specversion') !== '1.0') return invalid('header ce_specversion is not 1.0');

  return readEvent(type, data, headers.values);
}

function isEventType(type: string): type is OrderEvent['type'] {
  return Object.hasOwn(EVENT_DATA, type);
}

function readEvent(
  type: OrderEvent['type'],
  data: object,
  headers: ReadonlyMap<string, string>,
): ParsedRecord {
  const parsed = EVENT_DATA[type].safeParse(data);
  if (!parsed.success) {
    const fields = new Set(parsed.error.issues.map((issue) => `/${issue.path.join('/')}`));
    return invalid(`the value breaks the contract at ${[...fields].slice(0, 10).join(', ')}`);
  }

  const { orderId, seq } = parsed.data;
  const eventId = EventId.safeParse(headers.get('ce_id'));
  if (!eventId.success) return invalid('header ce_id is missing or not an event id');
  if (eventId.data !== `${orderId}.${seq}`) return invalid('header ce_id contradicts the value');
  const subject = headers.get('ce_subject');
  if (subject !== undefined && subject !== orderId) return invalid('header ce_subject contradicts the value');

  // The schema above was chosen by the type, which the compiler cannot see.
  const event = { type, eventId: eventId.data, data: parsed.data } as OrderEvent;
  return { kind: 'event', event, traceparent: headers.get('traceparent') };
}

type Headers =
  | { readonly kind: 'headers'; readonly values: ReadonlyMap<string, string> }
  | { readonly kind: 'rejected'; readonly detail: string };

/**
 * The headers that the contract reads: those of CloudEvents, which are text, and `traceparent` where it is. All others are
 * somebody else's, may hold anything (a schema's id, nothing at all) and are no matter of the event's. An attribute that is
 * null is one that isn't there.
 */
function readHeaders(headers: WireRecord['headers']): Headers {
  const values = new Map<string, string>();
  for (const [name, bytes] of headers) {
    const isAttribute = name.startsWith('ce_');
    if (bytes === null || !(isAttribute || name === 'traceparent')) continue;
    const value = textIn(bytes);
    const earlier = values.get(name);
    if (isAttribute && value === undefined) {
      return { kind: 'rejected', detail: `a ce_ header is not UTF-8` };
    }
    if (isAttribute && earlier !== undefined && earlier !== value) {
      return { kind: 'rejected', detail: `a ce_ header is repeated with different values: ${name}` };
    }
    if (value !== undefined) values.set(name, value);
  }
  return { kind: 'headers', values };
}

function readJsonObject(bytes: Uint8Array): object | undefined {
  const value = jsonIn(bytes);
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
}

/** The trace that a record belongs to, from the request of its order on; undefined where no valid header says so. */
export function traceIdOf({ headers }: Pick<WireRecord, 'headers'>): string | undefined {
  const [, value] = headers.find(([name]) => name === 'traceparent') ?? [];
  const header = value ? textIn(value) : undefined;
  return header === undefined ? undefined : readTraceparent(header)?.traceId;
}

/**
 * https://www.w3.org/TR/trace-context/#traceparent-header; a later version may have more fields behind these. Two headers, which
 * an HTTP API joins by a comma, are no `traceparent`.
 */
const TRACEPARENT =
  /^(?<version>[0-9a-f]{2})-(?<traceId>[0-9a-f]{32})-(?<parentId>[0-9a-f]{16})-(?<flags>[0-9a-f]{2})(?<more>-[^,]*)?$/;

/** The trace that a `traceparent` names; undefined where it is not valid. */
export function readTraceparent(header: string): { traceId: string; sampled: boolean } | undefined {
  const fields = TRACEPARENT.exec(header)?.groups;
  if (fields === undefined) return undefined;
  const { version, traceId = '', parentId = '', flags = '', more } = fields;
  if (version === 'ff' || (version === '00' && more !== undefined)) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(parentId)) return undefined;
  return { traceId, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

const invalid = (detail: string): ParsedRecord => ({ kind: 'rejected', reason: 'invalid', detail });
