import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { fitted } from './fit.ts';
import type { WriteDeadLetter } from './letter.ts';
import { upsertOf } from './upsert.ts';

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
