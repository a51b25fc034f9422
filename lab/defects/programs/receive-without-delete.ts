/** As lab/clients/queue-receive.ts, but that it deletes nothing. */
import { DeleteMessageCommand, SQSClient } from '@aws-sdk/client-sqs';

const send = SQSClient.prototype.send;
SQSClient.prototype.send = new Proxy(send, {
  apply: (target, client, args) =>
    args[0] instanceof DeleteMessageCommand ? Promise.resolve({}) : Reflect.apply(target, client, args),
});
await import('../../clients/queue-receive.ts');
