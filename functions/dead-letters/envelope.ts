/**
 * What Lambda writes to a Kafka on-failure destination
 * (https://docs.aws.amazon.com/lambda/latest/dg/kafka-on-failure-destination.html):
 *
 *     { "requestContext":  { "requestId", "functionArn": ARN, with or without qualifier,
 *                            "condition", "approximateInvokeCount": n },
 *       "responseContext": { "functionError"?, ... } | null,
 *       "timestamp":       ISO 8601,
 *       "KafkaBatchInfo":  { ... },
 *       "payload":         event of the Kafka source, as an object or as the JSON of one,
 *       ... }
 *
 * The payload has one record, as documented, or several, as seen. `KafkaBatchInfo` is not read: it repeats the records'
 * coordinates in one of two forms. The message's key is not read either: it was seen to be Lambda's own.
 */
import * as z from 'zod';
import { jsonIn } from '../json.ts';
import { decodeKafkaEvent, type KafkaRecord } from '../kafka/decode.ts';
import type { LambdaFacts, LetterError } from './letter.ts';

/** Records that Lambda gave up delivering to a function. */
export interface Envelope {
  readonly kind: 'envelope';
  /** Without account, Region and qualifier. */
  readonly functionName: string;
  readonly lambda: LambdaFacts;
  readonly records: readonly [KafkaRecord, ...KafkaRecord[]];
}

/** A message that is no envelope; `error` says where, and nothing of what stands there. */
export interface Unreadable {
  readonly kind: 'unreadable';
  readonly error: LetterError;
}

const FUNCTION_ARN = /^arn:[^:]+:lambda:[^:]*:[^:]*:function:([a-zA-Z0-9_-]{1,140})(?::[^:]+)?$/;
/** What Kafka takes for the name of a topic. */
const TOPIC_NAME = /^[a-zA-Z0-9._-]{1,249}$/;

/** JSON can spell half a character, which no table stores; one was seen to answer as if it were in trouble itself. */
const text = z.string().refine((string) => string.isWellFormed());

const EnvelopeJson = z.object({
  requestContext: z.object({
    requestId: text,
    functionArn: z.string().regex(FUNCTION_ARN),
    condition: text,
    approximateInvokeCount: z.int().nonnegative(),
  }),
  responseContext: z.object({ functionError: text.nullish() }).nullish(),
  timestamp: z.iso.datetime({ offset: true }),
  payload: z.unknown(),
});

/** Reads the value of a message on the dead-letter topic. It never throws, whatever the bytes. */
export function readEnvelope(value: Uint8Array | null): Envelope | Unreadable {
  if (value === null) return unreadable('the message has no value');
  const parsed = EnvelopeJson.safeParse(jsonIn(value));
  if (!parsed.success) {
    return unreadable(`it is not what Lambda writes: look at "${parsed.error.issues[0]?.path.join('.')}"`);
  }
  const { requestContext, responseContext, timestamp, payload } = parsed.data;
  const [first, ...others] = recordsOf(payload);
  if (first === undefined) return unreadable('its payload holds no record of a Kafka topic');
  return {
    kind: 'envelope',
    functionName: FUNCTION_ARN.exec(requestContext.functionArn)?.[1] ?? '',
    lambda: {
      condition: requestContext.condition,
      invocations: requestContext.approximateInvokeCount,
      requestId: requestContext.requestId,
      functionError: responseContext?.functionError ?? undefined,
      at: timestamp,
    },
    records: [first, ...others],
  };
}

/** None if one of them is not a record: the message is then kept as it is. */
function recordsOf(payload: unknown): readonly KafkaRecord[] {
  try {
    const records = decodeKafkaEvent(typeof payload === 'string' ? jsonIn(payload) : payload);
    return records.every(isStorable) ? records : [];
  } catch {
    return [];
  }
}

function isStorable({ topic, partition, offset, headers }: KafkaRecord): boolean {
  const isPlace = TOPIC_NAME.test(topic) && partition >= 0 && offset >= 0;
  return isPlace && headers.every(([name]) => name.isWellFormed());
}

function unreadable(detail: string): Unreadable {
  return { kind: 'unreadable', error: { code: 'NOT_AN_ENVELOPE', detail } };
}
