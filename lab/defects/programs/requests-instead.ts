import { DynamoDBClient } from '@aws-sdk/client-dynamodb';

type Send = (command: unknown) => Promise<unknown>;

/** Lets `change` see each request that is on its way to DynamoDB, and send others in its place. */
export function sendInstead(change: (command: unknown, send: Send) => Promise<unknown>): void {
  const original = DynamoDBClient.prototype.send;
  Object.defineProperty(DynamoDBClient.prototype, 'send', {
    value(this: DynamoDBClient, command: unknown) {
      return change(command, (other) => Reflect.apply(original, this, [other]));
    },
  });
}
