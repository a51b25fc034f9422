import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { clientWith } from '../../simulator/dynamodb/client.ts';
import type { Command } from '../../simulator/dynamodb/commands.ts';

/** A request and what came of it, without what differs from engine to engine and means nothing. */
export interface Exchange {
  readonly command: string;
  readonly answer: unknown;
}

/** A client that sends by another one, and what it was answered. */
export function recorded(client: DynamoDBClient): { client: DynamoDBClient; exchanges: Exchange[] } {
  const exchanges: Exchange[] = [];
  const send = (command: Command): Promise<object> =>
    // Every command of the SDK's is one that its client sends.
    client.send(command as Parameters<DynamoDBClient['send']>[0]);
  return {
    exchanges,
    client: clientWith(async (command) => {
      const name = command.constructor.name;
      try {
        const output = await send(command);
        exchanges.push({
          command: name,
          answer: isUnordered(command) ? unordered(plain(output)) : plain(output),
        });
        return output;
      } catch (error) {
        exchanges.push({ command: name, answer: refusal(error) });
        throw error;
      }
    }),
  };
}

function refusal(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { name } = error;
  const item = 'Item' in error ? plain(error.Item) : undefined;
  const reasons = 'CancellationReasons' in error ? plain(error.CancellationReasons) : undefined;
  return { name, ...(item !== undefined && { item }), ...(reasons !== undefined && { reasons }) };
}

/** Texts for people, request ids and consumed capacity. */
const MEANINGLESS = new Set(['$metadata', 'Message', 'message', 'ConsumedCapacity', 'TableName']);

/** Bytes as text, members in the order of their names, items of a batch in an order of their own. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString('base64')}`;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value)
    .filter(([name, member]) => !MEANINGLESS.has(name) && member !== undefined && !isEmpty(name, member))
    .map(([name, member]): [string, unknown] => {
      const its = plain(member);
      return [name, isResponses(name, its) ? sorted(its) : its];
    });
  return Object.fromEntries(members.sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** A scan's items come in any order, and so do those of an index whose keys are equal. */
const isUnordered = ({ constructor: { name }, input }: Command) =>
  name === 'ScanCommand' || 'IndexName' in input;

function unordered(answer: unknown): unknown {
  return typeof answer === 'object' && answer !== null && 'Items' in answer
    ? { ...answer, Items: sorted(answer.Items) }
    : answer;
}

/** An engine says that nothing is left unprocessed, another says nothing. */
function isEmpty(name: string, member: unknown): boolean {
  return (
    name.startsWith('Unprocessed') && typeof member === 'object' && Object.keys(member ?? {}).length === 0
  );
}

/** Of a BatchGetItem, whose items come in any order; a BatchExecuteStatement's are a list in the order asked. */
const isResponses = (name: string, value: unknown) => name === 'Responses' && !Array.isArray(value);

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => JSON.stringify(item)).sort();
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, items]) => [name, sorted(items)]));
}
