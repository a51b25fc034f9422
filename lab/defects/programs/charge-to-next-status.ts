/** Moves an order on to its next status, from none to paid and from paid to shipped, instead of setting it to one. */
import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { sendInstead } from './requests-instead.ts';

sendInstead((command, send) => {
  if (!(command instanceof UpdateItemCommand && command.input.UpdateExpression?.startsWith('SET')))
    return send(command);
  const first = { ...command.input, ConditionExpression: 'attribute_not_exists(#status)' };
  const second = { ...command.input, ExpressionAttributeValues: { ':paid': { S: 'shipped' } } };
  return send(new UpdateItemCommand(first)).catch(() => send(new UpdateItemCommand(second)));
});
await import('../../clients/charge.ts');
