/**
 * The table `Sales`: sums, and beside them a row for each event that is in them.
 *
 *     key S                        part S         what it is
 *     <day>                        <currency>#n   a part of the sums of a day, in numbers by their names
 *     <consumer group>#<event id>  counted        that the event is in them; kept for ever, as the sums are
 */
import {
  type DynamoDBClient,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { cancellationOf } from '../dynamodb.ts';
import type { EventId } from '../orders/ids.ts';
import { type Bucket, type Entry, fold, SUMS, type Sums } from './sums.ts';

/** Of a transaction: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html */
export const MOST_ITEMS = 100;

/** Into so many parts a sum is divided: more than a topic has partitions that are read at the same moment. */
const PARTS = 16;

export interface Sales {
  /** Writes all of it, or nothing: the events as counted, and what they add to the sums. At most `MOST_ITEMS`, no id twice. */
  count(entries: readonly Entry[], part: number, signal: AbortSignal): Promise<Counted>;
}

type Counted =
  | { readonly kind: 'counted' }
  /** These are in the sums already; nothing was written. */
  | { readonly kind: 'known'; readonly eventIds: ReadonlySet<EventId> }
  /** Somebody else is at the same sums, or DynamoDB asks to slow down; nothing was written. */
  | { readonly kind: 'contended' };

export function dynamoDbSales(client: DynamoDBClient, tableName: string, consumer: string): Sales {
  const row = ({ eventId }: Entry): TransactWriteItem => ({
    Put: {
      TableName: tableName,
      Item: { key: { S: `${consumer}#${eventId}` }, part: { S: 'counted' } },
      ConditionExpression: 'attribute_not_exists(#key)',
      ExpressionAttributeNames: { '#key': 'key' },
    },
  });
  const raise = (
    { day, currency, sums }: Bucket & { readonly sums: Sums },
    part: number,
  ): TransactWriteItem => ({
    Update: {
      TableName: tableName,
      Key: { key: { S: day }, part: { S: `${currency}#${part % PARTS}` } },
      UpdateExpression: `ADD ${SUMS.map((name) => `#${name} :${name}`).join(', ')}`,
      ExpressionAttributeNames: Object.fromEntries(SUMS.map((name) => [`#${name}`, name])),
      ExpressionAttributeValues: Object.fromEntries(
        SUMS.map((name) => [`:${name}`, { N: String(sums[name]) }]),
      ),
    },
  });
  return {
    async count(entries, part, abortSignal) {
      const items = [...entries.map(row), ...fold(entries).map((sum) => raise(sum, part))];
      try {
        await client.send(new TransactWriteItemsCommand({ TransactItems: items }), { abortSignal });
        return { kind: 'counted' };
      } catch (error) {
        return whyCancelled(error, entries);
      }
    },
  };
}

/** The reasons come in the order of the items: those of the entries first. */
function whyCancelled(error: unknown, entries: readonly Entry[]): Counted {
  const cancellation = cancellationOf(error);
  if (cancellation === 'contended') return { kind: 'contended' };
  const known = entries.filter((_, index) => cancellation.has(index));
  return { kind: 'known', eventIds: new Set(known.map(({ eventId }) => eventId)) };
}
