/**
 * Sends messages to an SQS queue.
 *
 *     node lab/clients/queue-send.ts --queue <url of the queue> --count 10
 */
import { parseArgs } from 'node:util';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { tell } from './tell.ts';

const { values: options } = parseArgs({
  options: {
    queue: { type: 'string', default: '' },
    count: { type: 'string', default: '10' },
  },
});
const QueueUrl = options.queue;
// Endpoint, region and credentials are the environment's: AWS_ENDPOINT_URL, AWS_REGION and so on.
const sqs = new SQSClient();

for (let n = 1; n <= Number(options.count); n++) {
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: String(n) }));
  // A message has no place in a queue; as it is drawn it has one.
  tell({ type: 'appended', topic: 'queue', partition: 0, offset: n - 1, key: null, text: `order ${n}` });
}
