import * as z from 'zod';
import { variable } from '../config.ts';
import { jsonIn } from '../json.ts';
import type { KafkaRecord } from '../kafka/decode.ts';
import { readEnvelope, type Unreadable } from './envelope.ts';
import { type DeadLetter, type LetterError, type LetterReason, placeOf } from './letter.ts';

/** Consumer groups by the name of the function that Lambda invokes for them. */
export type GroupsByFunction = ReadonlyMap<string, string>;

/**
 * The variable that names every consumer: JSON, `{"<consumer group>": "<function name>", ...}`.
 *
 * The groups are the keys, since a function's name is known only when it is deployed, and CloudFormation puts a name
 * into a value, not into a key.
 */
export const consumers = variable
  .transform(jsonIn)
  .pipe(z.record(z.string().min(1), z.string().min(1)))
  .transform(
    (functions): GroupsByFunction =>
      new Map(Object.entries(functions).map(([group, functionName]) => [functionName, group])),
  );

/** A letter for each record that a message of the dead-letter topic holds. */
export interface Letters {
  readonly kind: 'letters';
  readonly letters: readonly DeadLetter[];
}

/** Both spellings of the first are AWS's own, for a Kafka topic and for its other destinations. */
const REASONS: ReadonlyMap<string, LetterReason> = new Map([
  ['RetriesExhausted', 'retries-exhausted'],
  ['RetryAttemptsExhausted', 'retries-exhausted'],
  ['RecordAgeExceeded', 'record-too-old'],
  ['MaximumPayloadSizeExceeded', 'payload-too-large'],
]);

/**
 * Reads a message of the dead-letter topic.
 *
 * A condition that is not known here makes its records `unexpected`, since none of Lambda's other reasons could be said
 * of them; `lambda.condition` has it as Lambda spelled it.
 */
export function readMessage(message: KafkaRecord, groups: GroupsByFunction): Letters | Unreadable {
  const envelope = readEnvelope(message.value);
  if (envelope.kind === 'unreadable') return envelope;
  const { functionName, lambda, records } = envelope;
  const consumer = groups.get(functionName);
  if (consumer === undefined) {
    const detail = `the function ${functionName} is no consumer here`;
    return { kind: 'unreadable', error: { code: 'UNKNOWN_FUNCTION', detail } };
  }
  const reason = REASONS.get(lambda.condition) ?? 'unexpected';
  const detail = `${lambda.condition} after ${lambda.invocations} invocations`;
  const letters = records.map(
    (record): DeadLetter => ({
      consumer,
      record,
      reason,
      error: { code: 'LAMBDA_GAVE_UP', detail },
      lambda,
      source: placeOf(message),
    }),
  );
  return { kind: 'letters', letters };
}

/**
 * The letter of a message itself, under the group that reads the dead-letter topic. Delivered again, the message is the
 * letter's source and changes nothing; replayed in vain, it opens its letter.
 */
export function rawLetter(
  message: KafkaRecord,
  consumer: string,
  error: LetterError,
  isReplay: boolean,
): DeadLetter {
  const letter: DeadLetter = { consumer, record: message, reason: 'unreadable', error };
  return isReplay ? letter : { ...letter, source: placeOf(message) };
}

/** The same with nothing of the message but where it lies: the topic keeps the rest, for as long as it keeps anything. */
export function withoutBytes(letter: DeadLetter): DeadLetter {
  const { record } = letter;
  return {
    ...letter,
    record: { ...record, key: null, value: null, headers: [] },
    truncatedFrom: record.value?.length ?? 0,
  };
}
