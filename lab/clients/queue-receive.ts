/**
 * Receives what is in an SQS queue, a message after the other, and deletes what it has worked on; ends when nothing comes for a second.
 *
 *     node lab/clients/queue-receive.ts --queue <url of the queue> --name A
 */
import { parseArgs } from 'node:util';
import { DeleteMessageCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { tell } from './tell.ts';

const { values: options } = parseArgs({
  options: {
    queue: { type: 'string', default: '' },
    name: { type: 'string', default: 'A' },
  },
});
const { queue: QueueUrl, name: member } = options;
// Endpoint, region and credentials are the environment's: AWS_ENDPOINT_URL, AWS_REGION and so on.
const sqs = new SQSClient();

for (;;) {
  const receive = new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 });
  const { Messages = [] } = await sqs.send(receive);
  if (Messages.length === 0) break;
  for (const { Body, ReceiptHandle } of Messages) {
    const record = { group: 'workers', member, topic: 'queue', partition: 0, offset: Number(Body) - 1 };
    tell({ type: 'fate', ...record, fate: 'done', text: `order ${Body}` });
    await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
  }
}
