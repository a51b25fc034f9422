import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  paginateQuery,
  paginateScan,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { type HistoryRoom, updateOf } from './change-expression.ts';
import { filterExpression, type LetterFilter } from './letter-filter.ts';
import { type Change, isAsExpected, isDone } from './letter-state.ts';
import {
  type LetterKey,
  type LetterSummary,
  parseLetter,
  parseSummary,
  type StoredLetter,
  SUMMARY_ATTRIBUTES,
} from './stored-letter.ts';

/** How a change ended: as asked, with the letter as it is now; or not, with what is there instead. */
export type Changed =
  | { readonly kind: 'changed'; readonly letter: StoredLetter }
  | { readonly kind: 'refused'; readonly found: StoredLetter | undefined };

/** The dead letters as an operator has them. */
export interface LettersTable {
  /** Page by page and without the records' bytes: there may be many. */
  summaries(filter: LetterFilter): AsyncIterable<LetterSummary>;
  letter(key: LetterKey): Promise<StoredLetter | undefined>;
  /** Makes a change if the letter is as it expects. */
  change(key: LetterKey, change: Change): Promise<Changed>;
}

/** The table `DeadLetters`: partition key `consumer`, sort key `recordId`. Reads are consistent. */
export function lettersTable(client: DynamoDBClient, tableName: string): LettersTable {
  async function write(key: LetterKey, change: Change, history: HistoryRoom): Promise<Changed> {
    const update = new UpdateItemCommand({
      TableName: tableName,
      Key: itemKey(key),
      ...updateOf(change, history),
      ReturnValues: 'ALL_NEW',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    try {
      const { Attributes = {} } = await client.send(update);
      return { kind: 'changed', letter: parseLetter(Attributes) };
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      const found = error.Item === undefined ? undefined : parseLetter(error.Item);
      if (found !== undefined && isDone(found, change)) return { kind: 'changed', letter: found };
      return { kind: 'refused', found };
    }
  }

  return {
    async *summaries(filter) {
      const { consumer } = filter;
      const { ExpressionAttributeNames, ExpressionAttributeValues, ...expression } = filterExpression(filter);
      const read = {
        TableName: tableName,
        ConsistentRead: true,
        ...expression,
        ProjectionExpression: SUMMARY_ATTRIBUTES.map((name) => `#${name}`).join(', '),
        ExpressionAttributeNames: {
          ...ExpressionAttributeNames,
          ...Object.fromEntries(SUMMARY_ATTRIBUTES.map((name) => [`#${name}`, name])),
        },
        ...(ExpressionAttributeValues !== undefined && { ExpressionAttributeValues }),
      };
      const pages =
        consumer === undefined
          ? paginateScan({ client }, read)
          : paginateQuery(
              { client },
              {
                ...read,
                KeyConditionExpression: '#consumer = :consumer',
                ExpressionAttributeValues: { ...ExpressionAttributeValues, ':consumer': { S: consumer } },
              },
            );
      for await (const { Items = [] } of pages) yield* Items.map(parseSummary);
    },
    async letter(key) {
      const get = new GetItemCommand({ TableName: tableName, Key: itemKey(key), ConsistentRead: true });
      const { Item } = await client.send(get);
      return Item === undefined ? undefined : parseLetter(Item);
    },
    async change(key, change) {
      const changed = await write(key, change, 'append');
      const isFull =
        changed.kind === 'refused' && changed.found !== undefined && isAsExpected(changed.found, change);
      return isFull ? write(key, change, 'replace-last') : changed;
    },
  };
}

function itemKey({ consumer, recordId }: LetterKey): Record<string, AttributeValue> {
  return { consumer: { S: consumer }, recordId: { S: recordId } };
}
