/**
 * The table of probes, whose rows DynamoDB drops after a week:
 *
 *     run S   what S = attempt#<case>#<n>                   attempts N
 *     run S   what S = seen#<case>#<time>#<request id>      seen S: what the invocation was given, as JSON
 */
import { type DynamoDBClient, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { ProbePorts } from './probe.ts';

const KEPT_SECONDS = 7 * 86_400;

export function probesTable(
  client: DynamoDBClient,
  tableName: string,
  now: () => Date,
): Pick<ProbePorts, 'attempt' | 'note'> {
  const expiresAt = () => ({ N: String(Math.ceil(now().getTime() / 1000) + KEPT_SECONDS) });
  return {
    async attempt({ run, case: name, n }) {
      const { Attributes } = await client.send(
        new UpdateItemCommand({
          TableName: tableName,
          Key: { run: { S: run }, what: { S: `attempt#${name}#${n}` } },
          UpdateExpression: 'ADD attempts :one SET expiresAt = :expiresAt',
          ExpressionAttributeValues: { ':one': { N: '1' }, ':expiresAt': expiresAt() },
          ReturnValues: 'ALL_NEW',
        }),
      );
      return Number(Attributes?.attempts?.N);
    },
    async note(seen) {
      await client.send(
        new PutItemCommand({
          TableName: tableName,
          Item: {
            run: { S: seen.run },
            what: { S: `seen#${seen.case}#${seen.at}#${seen.requestId}` },
            seen: { S: JSON.stringify(seen) },
            expiresAt: expiresAt(),
          },
        }),
      );
    },
  };
}
