import { App } from 'aws-cdk-lib';
import { apiAccessOf } from '../lib/api-access.ts';
import { OrdersStack } from '../lib/orders-stack.ts';
import { StreamingStack } from '../lib/streaming-stack.ts';

const app = new App();
const mailFrom: unknown = app.node.tryGetContext('mailFrom') ?? 'orders@example.com';
if (typeof mailFrom !== 'string' || !mailFrom.includes('@')) {
  throw new Error(
    'context mailFrom must be an e-mail address: npx cdk deploy -c mailFrom=orders@your.domain',
  );
}

const streaming = new StreamingStack(app, 'orderly-streaming', {
  description: 'orderly: network, Kafka cluster and topics',
});
new OrdersStack(app, 'orderly-orders', {
  description: 'orderly: checkout, relay, email and shipping',
  topic: streaming.orders,
  deadLetters: streaming.deadLetters,
  mailFrom,
  apiAccess: apiAccessOf(app.node),
});
