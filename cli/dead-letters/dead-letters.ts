import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { LambdaClient } from '@aws-sdk/client-lambda';
import type { App } from '../../local/cli/app.ts';
import { type AppAddress, appAt } from '../../local/cli/app.ts';
import { type Audit, auditTable } from './audit.ts';
import { consumersOf, type FindConsumer, type InvokeConsumer, invokeConsumer } from './consumer.ts';
import { type LettersTable, lettersTable } from './letters-table.ts';
import { ANSWER_WITHIN_MS } from './transitions.ts';

/** The dead letters of an app with all that is done to them. */
export interface DeadLetters {
  readonly letters: LettersTable;
  readonly audit: Audit;
  consumers(): Promise<FindConsumer>;
  readonly invoke: InvokeConsumer;
  close(): void;
}

/** Opens the dead letters of an app; `close` ends the connections. */
export function openDeadLetters(app: App): DeadLetters {
  const table = app.output('DeadLettersTable');
  const dynamodb = new DynamoDBClient(app.dynamodb);
  const lambda = new LambdaClient({
    ...app.lambda,
    // An invocation is asked for once: to ask again is a decision, and the next replay's.
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout: 5_000,
      requestTimeout: ANSWER_WITHIN_MS,
      throwOnRequestTimeout: true,
    },
  });
  return {
    letters: lettersTable(dynamodb, table),
    audit: auditTable(dynamodb, table),
    consumers: async () => consumersOf(lambda, await app.mappingFilter()),
    invoke: invokeConsumer(lambda),
    close() {
      dynamodb.destroy();
      lambda.destroy();
    },
  };
}

/** Opens the dead letters of the app at an address, for as long as `work` takes. */
export async function withDeadLetters<T>(
  at: AppAddress,
  work: (deadLetters: DeadLetters) => Promise<T>,
): Promise<T> {
  const deadLetters = openDeadLetters(await appAt(at));
  try {
    return await work(deadLetters);
  } finally {
    deadLetters.close();
  }
}
