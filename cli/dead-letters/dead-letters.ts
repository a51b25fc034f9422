import { runningCloud } from '../running-cloud.ts';
import { type Access, clientsOf, localAccess } from './access.ts';
import type { Audit } from './audit.ts';
import { auditTable } from './audit-table.ts';
import { consumersOf, type FindConsumer } from './consumers.ts';
import { type InvokeConsumer, invokeConsumer } from './invoke.ts';
import { type LettersTable, lettersTable } from './letters-table.ts';

/** The dead letters of an app with all that is done to them. */
export interface DeadLetters {
  readonly letters: LettersTable;
  readonly audit: Audit;
  consumers(): Promise<FindConsumer>;
  readonly invoke: InvokeConsumer;
  close(): void;
}

function openDeadLetters(access: Access): DeadLetters {
  const { dynamodb, lambda, close } = clientsOf(access);
  return {
    letters: lettersTable(dynamodb, access.table),
    audit: auditTable(dynamodb, access.table),
    consumers: () => consumersOf(lambda),
    invoke: invokeConsumer(lambda),
    close,
  };
}

/** Opens the dead letters of the app that runs in this folder, for as long as `work` takes. */
export async function withDeadLetters<T>(
  projectDir: string,
  work: (deadLetters: DeadLetters) => Promise<T>,
): Promise<T> {
  const deadLetters = openDeadLetters(localAccess(await runningCloud(projectDir)));
  try {
    return await work(deadLetters);
  } finally {
    deadLetters.close();
  }
}
