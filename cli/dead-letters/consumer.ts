/**
 * The way of a letter back to its consumer: which function has the consumer group, the event that Lambda would deliver,
 * and what its answer means.
 */
import {
  type EventSourceMappingConfiguration,
  InvokeCommand,
  type InvokeCommandOutput,
  type LambdaClient,
  LambdaServiceException,
  paginateListEventSourceMappings,
  TooManyRequestsException,
} from '@aws-sdk/client-lambda';
import { z } from 'zod';
import { batchItemFailures } from '../../local/event-sources/delivery/verdict.ts';
import type { StoredLetter } from './letters-table.ts';
import type { InvocationOutcome, RunId } from './transitions.ts';

/** Where a consumer group's records go. */
export interface Consumer {
  readonly functionArn: string;
  /** The cluster's ARN. */
  readonly eventSourceArn: string;
  /** Whether its event source mapping reads batch item failures from the answer; else the answer means nothing. */
  readonly partialResponses: boolean;
}

/** The consumer of a group on a topic, or why there is none to name. */
export type FindConsumer = (group: string, topic: string) => Consumer | 'unknown' | 'ambiguous';

/**
 * Asks the Lambda API for the app's event source mappings on MSK.
 *
 * @param isOurs by its UUID; an account may have the same groups on other clusters
 */
export async function consumersOf(
  client: LambdaClient,
  isOurs: (uuid: string) => boolean,
): Promise<FindConsumer> {
  const mappings: EventSourceMappingConfiguration[] = [];
  for await (const page of paginateListEventSourceMappings({ client }, {})) {
    mappings.push(...(page.EventSourceMappings ?? []));
  }
  return findConsumer(mappings.filter(({ UUID = '' }) => isOurs(UUID)));
}

/**
 * Finds the function behind a consumer group. Where several functions share a group, it is the one whose mapping reads
 * the topic; where that doesn't tell them apart, nobody can say whose the record was.
 */
export function findConsumer(mappings: readonly EventSourceMappingConfiguration[]): FindConsumer {
  return (group, topic) => {
    const ofGroup = mappings.filter(
      ({ AmazonManagedKafkaEventSourceConfig: source }) => source?.ConsumerGroupId === group,
    );
    const ofTopic = ofGroup.filter(({ Topics = [] }) => Topics.includes(topic));
    const [first, ...others] = ofTopic.length > 0 ? ofTopic : ofGroup;
    if (first?.FunctionArn === undefined) return 'unknown';
    if (others.some(({ FunctionArn }) => FunctionArn !== first.FunctionArn)) return 'ambiguous';
    return {
      functionArn: first.FunctionArn,
      eventSourceArn: first.EventSourceArn ?? '',
      partialResponses: first.FunctionResponseTypes?.includes('ReportBatchItemFailures') ?? false,
    };
  };
}

/**
 * Lambda's event for a Kafka source (https://docs.aws.amazon.com/lambda/latest/dg/with-msk.html) around one stored record:
 *
 *     event   = { "eventSource": "aws:kafka", "eventSourceArn", "replay": { "runId" },
 *                 "records": { "<topic>-<partition>": [record] } }
 *     record  = { "topic", "partition": n, "offset": n, "timestamp": epoch ms, "timestampType": "CREATE_TIME",
 *                 "key": base64, absent for null, "value": base64 | null,
 *                 "headers": [ { "<name>": [byte, ...] | null }, ... ] }
 *     byte    = -128..127, as Java has it
 *
 * `replay` is ours. The coordinates are the record's own, so that a consumer that gives it up again adds to its letter.
 */
export function replayEvent(letter: StoredLetter, eventSourceArn: string, runId: RunId): object {
  const { topic, partition, offset, timestamp, key, value, headers } = letter;
  const record = {
    topic,
    partition,
    offset,
    timestamp,
    timestampType: 'CREATE_TIME',
    ...(key !== undefined && { key: base64(key) }),
    value: value === undefined ? null : base64(value),
    headers: headers.map(({ name, value: bytes }) => ({
      [name]: bytes === undefined ? null : [...new Int8Array(bytes)],
    })),
  };
  return {
    eventSource: 'aws:kafka',
    eventSourceArn,
    replay: { runId },
    records: { [`${topic}-${partition}`]: [record] },
  };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

/** How an invocation with one record ended. */
export type Answer =
  | InvocationOutcome
  /** No environment is free: the function has not run. */
  | { readonly kind: 'throttled' }
  /** The function has not run, and no other record will fare better. */
  | { readonly kind: 'refused'; readonly code: string; readonly message: string };

/** Invokes a consumer with an event and waits for its answer. */
export type InvokeConsumer = (consumer: Consumer, event: object) => Promise<Answer>;

/** Errors of the API that speak of this one event; all others of the caller's kind speak of the call as such. */
const OF_THE_EVENT: ReadonlySet<string> = new Set([
  'RequestTooLargeException',
  'InvalidRequestContentException',
]);

/** Codes of Node and the SDK after which nothing was sent. */
const NOT_SENT: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'CredentialsProviderError',
]);

export function invokeConsumer(client: LambdaClient): InvokeConsumer {
  return async ({ functionArn, partialResponses }, event) => {
    const command = new InvokeCommand({
      FunctionName: functionArn,
      InvocationType: 'RequestResponse',
      Payload: Buffer.from(JSON.stringify(event)),
    });
    let output: InvokeCommandOutput;
    try {
      output = await client.send(command);
    } catch (error) {
      if (error instanceof Error) return answerTo(error);
      throw error;
    }
    const { FunctionError, Payload } = output;
    // The SDK has null for an empty body.
    const payload = Payload ?? new Uint8Array();
    if (FunctionError !== undefined)
      return { kind: 'failed', code: `${FunctionError}/${errorType(payload)}` };
    return partialResponses ? judged(payload) : { kind: 'handled' };
  };
}

/** The event holds one record, so that whatever a failure names is this record or makes the response invalid. */
function judged(payload: Uint8Array): InvocationOutcome {
  const failures = batchItemFailures(payload);
  if (failures === 'malformed') return { kind: 'failed', code: 'MalformedResponse' };
  return failures.length === 0 ? { kind: 'handled' } : { kind: 'failed', code: 'BatchItemFailure' };
}

/** What an error of the call means. Where the function may have run, the record failed: consumers are idempotent. */
function answerTo(error: Error): Answer {
  if (error instanceof TooManyRequestsException) return { kind: 'throttled' };
  if (error instanceof LambdaServiceException) {
    const isOfTheCall = error.$fault === 'client' && !OF_THE_EVENT.has(error.name);
    return isOfTheCall
      ? { kind: 'refused', code: error.name, message: error.message }
      : { kind: 'failed', code: error.name };
  }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  return NOT_SENT.has(code) ? { kind: 'refused', code, message: error.message } : { kind: 'failed', code };
}

const FunctionFailure = z.object({ errorType: z.string() });

/** The class of the error alone: its message may quote the record. */
function errorType(payload: Uint8Array): string {
  try {
    const failure = FunctionFailure.safeParse(JSON.parse(Buffer.from(payload).toString()));
    return failure.success ? failure.data.errorType.slice(0, 100) : 'unknown';
  } catch {
    return 'unknown';
  }
}
