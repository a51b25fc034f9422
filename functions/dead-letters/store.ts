import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { type DeadLetter, recordIdOf, type WriteDeadLetter } from './letter.ts';

/** Entries a letter's history holds at most: the first ones and the newest. An item has room for 400 KB. */
export const HISTORY_LIMIT = 50;

type Attributes = Record<string, AttributeValue>;

/**
 * The table `DeadLetters`: partition key `consumer`, sort key `recordId`.
 *
 * A letter is upserted, never put: one that is there keeps its first time and its history, opens again and gets the next
 * version, so that a replay under way sees that its record has failed once more.
 */
export function deadLetterStore(client: DynamoDBClient, tableName: string): WriteDeadLetter {
  return async (letter, now) => {
    const upsert = (history: 'append' | 'replace-last') =>
      client.send(new UpdateItemCommand({ TableName: tableName, ...upsertOf(letter, now, history) }));
    try {
      await upsert('append');
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      await upsert('replace-last');
    }
  };
}

function upsertOf(letter: DeadLetter, now: Date, history: 'append' | 'replace-last') {
  const { consumer, record } = letter;
  const at: AttributeValue = { S: now.toISOString() };
  const facts = factsOf(letter, at);
  const entry: AttributeValue = {
    M: { at, event: { S: 'DEAD_LETTERED' }, reason: { S: letter.reason }, code: { S: letter.error.code } },
  };

  const names = Object.keys(facts);
  const append = history === 'append';
  const sets = [
    ...names.map((name) => `#${name} = :${name}`),
    '#firstSeenAt = if_not_exists(#firstSeenAt, :lastSeenAt)',
    append
      ? '#history = list_append(if_not_exists(#history, :none), :entry)'
      : `#history[${HISTORY_LIMIT - 1}] = :entry`,
  ];
  return {
    Key: { consumer: { S: consumer }, recordId: { S: recordIdOf(record) } },
    UpdateExpression: `SET ${sets.join(', ')} ADD #version :one, #attempts :one`,
    ...(append && { ConditionExpression: 'attribute_not_exists(#history) OR size(#history) < :limit' }),
    ExpressionAttributeNames: Object.fromEntries(
      [...names, 'firstSeenAt', 'history', 'version', 'attempts'].map((name) => [`#${name}`, name]),
    ),
    ExpressionAttributeValues: {
      ...Object.fromEntries(Object.entries(facts).map(([name, value]) => [`:${name}`, value])),
      ':one': { N: '1' },
      ...(append
        ? { ':none': { L: [] }, ':entry': { L: [entry] }, ':limit': { N: String(HISTORY_LIMIT) } }
        : { ':entry': entry }),
    },
  };
}

/** An absent attribute is Kafka's null; an empty one is zero bytes. */
function factsOf({ record, reason, error }: DeadLetter, at: AttributeValue): Attributes {
  return {
    topic: { S: record.topic },
    partition: { N: String(record.partition) },
    offset: { N: String(record.offset) },
    timestamp: { N: String(record.timestamp) },
    ...(record.key !== null && { key: { B: record.key } }),
    ...(record.value !== null && { value: { B: record.value } }),
    headers: {
      L: record.headers.map(([name, value]) => ({ M: { name: { S: name }, value: { B: value } } })),
    },
    reason: { S: reason },
    error: { M: { code: { S: error.code }, detail: { S: error.detail } } },
    status: { S: 'OPEN' },
    lastSeenAt: at,
  };
}
