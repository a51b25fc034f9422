/** Defects in what is asked of DynamoDB. */
import {
  BatchExecuteStatementCommand,
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { clientWith } from '../dynamodb/client.ts';
import type { Command } from '../dynamodb/commands.ts';
import type { Defect } from './known.ts';

type Send = (command: Command) => Promise<object>;

/** Replaces what is sent; `right` sends what is to be sent after all. */
function sending(send: (command: Command, right: Send) => Promise<object>): Pick<Defect, 'dynamoDb'> {
  return {
    dynamoDb: (client) => clientWith((command) => send(command, sendOf(client))),
  };
}

const sendOf =
  (client: DynamoDBClient): Send =>
  // Every command of the SDK's is one that its client sends.
  (command) =>
    client.send(command as UpdateItemCommand);

/** A transaction as requests of their own. */
export const writingOneByOne = sending((command, right) =>
  command instanceof TransactWriteItemsCommand ? oneByOne(command, right) : right(command),
);

async function oneByOne({ input }: TransactWriteItemsCommand, right: Send): Promise<object> {
  for (const item of input.TransactItems ?? []) {
    await right(new TransactWriteItemsCommand({ TransactItems: [item] }));
  }
  return { $metadata: {} };
}

export const placingUnconditionally = sending((command, right) =>
  right(command instanceof TransactWriteItemsCommand ? withoutConditions(command) : command),
);

/** A sum that is raised whether the event is in it or not. */
export const countingUnconditionally = sending((command, right) =>
  right(
    command instanceof TransactWriteItemsCommand && isOfSales(command) ? withoutConditions(command) : command,
  ),
);

/** Rows and sums as requests of their own. */
export const countingOneByOne = sending((command, right) =>
  command instanceof TransactWriteItemsCommand && isOfSales(command)
    ? oneByOne(command, right)
    : right(command),
);

const isOfSales = ({ input }: TransactWriteItemsCommand) =>
  input.TransactItems?.every(({ Put: put, Update: update }) => (put ?? update)?.TableName === 'Sales') ===
  true;

/** Refuses as it should, and has written all the same. */
export const refusingTooLate = sending(async (command, right) => {
  if (!(command instanceof TransactWriteItemsCommand)) return right(command);
  try {
    return await right(command);
  } catch (error) {
    await right(withoutConditions(command));
    throw error;
  }
});

function withoutConditions({ input }: TransactWriteItemsCommand): TransactWriteItemsCommand {
  return new TransactWriteItemsCommand({
    TransactItems: input.TransactItems?.map(({ Put: put, ...other }) =>
      put === undefined ? other : { Put: { TableName: put.TableName, Item: put.Item } },
    ),
  });
}

/** INSERTs into a table as Puts, which ask for nothing. */
export function overwriting(table: string): Pick<Defect, 'dynamoDb'> {
  return sending(async (command, right) => {
    const statements = command instanceof BatchExecuteStatementCommand ? command.input.Statements : undefined;
    if (!statements?.every(({ Statement: text }) => text?.startsWith(`INSERT INTO "${table}"`)))
      return right(command);
    const requests = statements.map(({ Statement: text, Parameters: values }) => {
      const names = [...(text ?? '').matchAll(/'(\w+)'/g)].map(([, name]) => name);
      return {
        PutRequest: { Item: Object.fromEntries(names.map((name, index) => [name, values?.[index] ?? NULL])) },
      };
    });
    await right(new BatchWriteItemCommand({ RequestItems: { [table]: requests } }));
    return { $metadata: {}, Responses: statements.map(() => ({})) };
  });
}

const NULL = { NULL: true } as const;

/** A cancellation that makes no item where there is none. */
export const cancellingWhatIsThere = sending(async (command, right) => {
  if (!(command instanceof UpdateItemCommand)) return right(command);
  const { ConditionExpression: condition, ExpressionAttributeValues: values } = command.input;
  if (command.input.TableName !== 'Shipments' || values?.[':cancelled'] === undefined) return right(command);
  const both = `(${condition}) AND attribute_exists(orderId)`;
  return right(new UpdateItemCommand({ ...command.input, ConditionExpression: both })).catch(
    (error: unknown) => {
      if (error instanceof ConditionalCheckFailedException && error.Item === undefined)
        return { $metadata: {} };
      throw error;
    },
  );
});
