/** Adds to the row of an order without looking whether it is there. */
import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { sendInstead } from './requests-instead.ts';

sendInstead((command, send) => {
  if (!(command instanceof UpdateItemCommand)) return send(command);
  const { ConditionExpression: _, ...input } = command.input;
  return send(new UpdateItemCommand(input));
});
await import('../../clients/charge.ts');
