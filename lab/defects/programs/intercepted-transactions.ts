import {
  type DynamoDBClient as Client,
  DynamoDBClient,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';

/** Has the client that is imported next do something else with its transactions; `really` does what was meant. */
export function interceptTransactions(
  instead: (
    really: (items: readonly TransactWriteItem[]) => Promise<unknown>,
    items: readonly TransactWriteItem[],
  ) => Promise<unknown>,
): void {
  const send = DynamoDBClient.prototype.send;
  const intercepted = function (this: Client, command: TransactWriteItemsCommand) {
    const really = (items: readonly TransactWriteItem[]): Promise<unknown> =>
      Reflect.apply(send, this, [new TransactWriteItemsCommand({ TransactItems: [...items] })]);
    return instead(really, command.input.TransactItems ?? []);
  };
  Object.assign(DynamoDBClient.prototype, { send: intercepted });
}
