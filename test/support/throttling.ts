import {
  type AttributeValue,
  BatchExecuteStatementCommand,
  BatchGetItemCommand,
  type BatchStatementResponse,
  BatchWriteItemCommand,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';

/** A batch, by what its items do. */
export type BatchKind = 'INSERT' | 'UPDATE' | 'put' | 'read';

/**
 * From now on, each of the keys is left out of the first batch of this kind that names it, and all else in that batch is
 * done: so DynamoDB answers where one partition is throttled. Answers how many items each batch of the kind has asked for.
 */
export function throttleOnce(client: DynamoDBClient, kind: BatchKind, keys: readonly string[]): number[] {
  const asked: number[] = [];
  const left = new Set(keys);
  /** Divides a batch into what is done and what isn't this time. */
  const divide = <One>(batch: readonly One[], valuesOf: (one: One) => readonly AttributeValue[]) => {
    asked.push(batch.length);
    const throttled = new Set(
      batch.filter((one) => valuesOf(one).some(({ S }) => S !== undefined && left.delete(S))),
    );
    return { throttled, done: batch.filter((one) => !throttled.has(one)) };
  };

  const real = client.send.bind(client);
  const send = async (command: unknown): Promise<unknown> => {
    if (command instanceof BatchExecuteStatementCommand) {
      const batch = command.input.Statements ?? [];
      if (!batch.every(({ Statement }) => Statement?.startsWith(kind))) return real(command);
      const { throttled, done } = divide(batch, ({ Parameters = [] }) => Parameters);
      const answers =
        done.length === 0
          ? []
          : ((await real(new BatchExecuteStatementCommand({ Statements: done }))).Responses ?? []);
      const refused: BatchStatementResponse = { Error: { Code: 'ThrottlingError', Message: 'injected' } };
      return { Responses: batch.map((one) => (throttled.has(one) ? refused : answers.shift())) };
    }
    if (command instanceof BatchWriteItemCommand && kind === 'put') {
      const [[table, batch] = ['', []]] = Object.entries(command.input.RequestItems ?? {});
      const { throttled, done } = divide(batch, ({ PutRequest }) => Object.values(PutRequest?.Item ?? {}));
      if (done.length > 0) await real(new BatchWriteItemCommand({ RequestItems: { [table]: done } }));
      return { UnprocessedItems: throttled.size > 0 ? { [table]: [...throttled] } : {} };
    }
    if (command instanceof BatchGetItemCommand && kind === 'read') {
      const [[table, request] = ['', { Keys: [] }]] = Object.entries(command.input.RequestItems ?? {});
      const { throttled, done } = divide(request.Keys ?? [], (key) => Object.values(key));
      const found =
        done.length > 0
          ? await real(new BatchGetItemCommand({ RequestItems: { [table]: { ...request, Keys: done } } }))
          : {};
      return {
        ...found,
        UnprocessedKeys: throttled.size > 0 ? { [table]: { ...request, Keys: [...throttled] } } : {},
      };
    }
    // Any other command, typed by whoever sends it.
    return real(command as Parameters<typeof real>[0]);
  };
  Object.assign(client, { send });
  return asked;
}
