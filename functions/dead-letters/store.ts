import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import type { KafkaRecord } from '../kafka/decode.ts';
import {
  type DeadLetter,
  HISTORY_LIMIT,
  type LambdaFacts,
  type LetterStatus,
  recordIdOf,
  type WriteDeadLetter,
} from './letter.ts';

/**
 * The table `DeadLetters`: partition key `consumer`, sort key `recordId`. Letters are upserted, never put, whoever
 * writes them: see `upsertOf`.
 */
export function deadLetterStore(client: DynamoDBClient, tableName: string): WriteDeadLetter {
  return async (letter, now, abortSignal) => {
    const storable = fitted(letter);
    /** Whether its condition held. */
    const upsert = async (history: 'append' | 'replace-last'): Promise<boolean> => {
      try {
        const request = upsertOf(storable, now, history);
        await client.send(new UpdateItemCommand({ TableName: tableName, ...request }), { abortSignal });
        return true;
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return false;
        throw error;
      }
    };
    // Where neither holds, the letter of this message is there already.
    if (!(await upsert('append'))) await upsert('replace-last');
  };
}

const OPEN: LetterStatus = 'OPEN';

type Attributes = Readonly<Record<string, AttributeValue>>;

/**
 * What one letter may have and the next one of the same record may not, so it goes where it is not set anew. `runId` and
 * `reservedUntil` are a replay's: without them it sees that its record has failed once more.
 */
const OPTIONAL = ['key', 'value', 'lambda', 'truncatedFrom', 'runId', 'reservedUntil'] as const;

/**
 * The request that stores a letter, whether there is one of its record or not.
 *
 *     stays   firstSeenAt, history (and one entry more), replays, source where the new letter has none
 *     counts  version, attempts: how often the record was dead-lettered. How often Lambda had tried by then is in `lambda`
 *     opens   status, whatever it was
 *     else    as the new letter has it
 *
 * `append` holds while the history has room; `replace-last` is for afterwards. Both hold only for what is new:
 *
 *     message m of the dead-letter topic ──> OPEN, source m ──replay──> REPLAYED        m again: nothing happens
 *                                                                          │
 *     another message about the record, or the consumer itself ────────────┴──> OPEN
 *
 * The item knows the last source alone. Two messages about one record (Lambda gave it up, died before the commit and gave
 * it up again) that are both delivered twice open the letter once more, and the operator's replay then finds a duplicate.
 */
function upsertOf(
  letter: DeadLetter,
  now: Date,
  history: 'append' | 'replace-last',
): Omit<UpdateItemCommandInput, 'TableName'> {
  const { consumer, record, source } = letter;
  const facts = factsOf(letter, now);
  const values: Record<string, AttributeValue> = { one: { N: '1' } };
  const names = new Set([
    'firstSeenAt',
    'history',
    'version',
    'attempts',
    ...Object.keys(facts),
    ...OPTIONAL,
  ]);
  const conditions: string[] = [];

  const sets = Object.entries(facts).map(([name, value]) => {
    values[name] = value;
    return `#${name} = :${name}`;
  });
  sets.push('#firstSeenAt = if_not_exists(#firstSeenAt, :lastSeenAt)');

  const entry: AttributeValue = { M: historyEntry(letter, now) };
  if (history === 'append') {
    sets.push('#history = list_append(if_not_exists(#history, :none), :entries)');
    conditions.push('(attribute_not_exists(#history) OR size(#history) < :limit)');
    Object.assign(values, { none: { L: [] }, entries: { L: [entry] }, limit: { N: String(HISTORY_LIMIT) } });
  } else {
    sets.push(`#history[${HISTORY_LIMIT - 1}] = :entry`);
    values.entry = entry;
  }

  if (source !== undefined) {
    conditions.push('(attribute_not_exists(#source) OR #source <> :source)');
  }

  const gone = OPTIONAL.filter((name) => !(name in facts)).map((name) => `#${name}`);
  return {
    Key: { consumer: { S: consumer }, recordId: { S: recordIdOf(record) } },
    UpdateExpression: `SET ${sets.join(', ')} REMOVE ${gone.join(', ')} ADD #version :one, #attempts :one`,
    ...(conditions.length > 0 && { ConditionExpression: conditions.join(' AND ') }),
    ExpressionAttributeNames: Object.fromEntries([...names].map((name) => [`#${name}`, name])),
    ExpressionAttributeValues: Object.fromEntries(
      Object.entries(values).map(([name, value]) => [`:${name}`, value]),
    ),
  };
}

function historyEntry({ reason, error }: DeadLetter, now: Date): Record<string, AttributeValue> {
  return {
    at: { S: now.toISOString() },
    event: { S: 'DEAD_LETTERED' },
    reason: { S: reason },
    code: { S: error.code },
  };
}

/** An absent attribute is Kafka's null; an empty one is zero bytes. */
function factsOf(
  { record, reason, error, lambda, source, truncatedFrom }: DeadLetter,
  now: Date,
): Attributes {
  return {
    topic: { S: record.topic },
    partition: { N: String(record.partition) },
    offset: { N: String(record.offset) },
    timestamp: { N: String(record.timestamp) },
    ...(record.key !== null && { key: { B: record.key } }),
    ...(record.value !== null && { value: { B: record.value } }),
    headers: {
      L: record.headers.map(([name, value]) => ({
        M: { name: { S: name }, ...(value !== null && { value: { B: value } }) },
      })),
    },
    reason: { S: reason },
    error: { M: { code: { S: error.code }, detail: { S: error.detail } } },
    status: { S: OPEN },
    lastSeenAt: { S: now.toISOString() },
    ...(lambda && { lambda: { M: lambdaAttributes(lambda) } }),
    ...(source !== undefined && { source: { S: source } }),
    ...(truncatedFrom !== undefined && { truncatedFrom: { N: String(truncatedFrom) } }),
  };
}

function lambdaAttributes({ condition, invocations, requestId, functionError, at }: LambdaFacts) {
  return {
    condition: { S: condition },
    invocations: { N: String(invocations) },
    requestId: { S: requestId },
    ...(functionError !== undefined && { functionError: { S: functionError } }),
    at: { S: at },
  };
}

const KIB = 1024;
/**
 * What key, value and headers may take of an item, which holds 400 KB
 * (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html). The rest is for a full history.
 */
const RECORD_BYTES = 336 * KIB;
/** What is left of each where all together are too much; in sum they fit. */
const VALUE_BYTES = 256 * KIB;
const HEADERS_BYTES = 48 * KIB;
const KEY_BYTES = 16 * KIB;
/** What a header takes beside its name and bytes: `name`, `value`, and the overhead of a map in a list. */
const HEADER_OVERHEAD = 15;

/**
 * The letter as an item can hold it: whole if there is room, else with the first bytes of its value, then with the first
 * of its headers, each of them whole, then with the first bytes of its key. One that was cut says so in `truncatedFrom`.
 */
export function fitted(letter: DeadLetter): DeadLetter {
  let { record } = letter;
  for (const cut of [withCutValue, withFewerHeaders, withCutKey]) {
    if (sizeOf(record) <= RECORD_BYTES) break;
    record = cut(record);
  }
  if (record === letter.record) return letter;
  return { ...letter, record, truncatedFrom: letter.truncatedFrom ?? letter.record.value?.length ?? 0 };
}

function withCutValue(record: KafkaRecord): KafkaRecord {
  return { ...record, value: record.value?.subarray(0, VALUE_BYTES) ?? null };
}

function withFewerHeaders(record: KafkaRecord): KafkaRecord {
  let bytes = 0;
  const end = record.headers.findIndex((header) => {
    bytes += headerSize(header);
    return bytes > HEADERS_BYTES;
  });
  return end === -1 ? record : { ...record, headers: record.headers.slice(0, end) };
}

function withCutKey(record: KafkaRecord): KafkaRecord {
  return { ...record, key: record.key?.subarray(0, KEY_BYTES) ?? null };
}

/** By https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html */
function sizeOf({ key, value, headers }: KafkaRecord): number {
  return headers.reduce((sum, header) => sum + headerSize(header), (key?.length ?? 0) + (value?.length ?? 0));
}

function headerSize([name, value]: KafkaRecord['headers'][number]): number {
  return Buffer.byteLength(name) + (value?.length ?? 0) + HEADER_OVERHEAD;
}
