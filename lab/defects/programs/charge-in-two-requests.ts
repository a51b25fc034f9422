/** Notes the order and adds to the sum in two requests, and dies between them. */
import { argv } from 'node:process';
import { PutItemCommand, TransactWriteItemsCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { sendInstead } from './requests-instead.ts';

const crashAt = Number(argv.find((argument) => argument.startsWith('--crash-at='))?.split('=')[1]);
let transactions = 0;
sendInstead(async (command, send) => {
  if (!(command instanceof TransactWriteItemsCommand)) return send(command);
  const [{ Put: note } = {}, { Update: sum } = {}] = command.input.TransactItems ?? [];
  if (note === undefined || sum === undefined) throw new Error('The transaction is another one by now.');
  await send(new PutItemCommand(note));
  transactions += 1;
  if (transactions === crashAt) process.kill(process.pid, 'SIGKILL');
  return send(new UpdateItemCommand({ ...sum }));
});
await import('../../clients/charge.ts');
