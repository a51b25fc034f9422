import type { App } from 'aws-cdk-lib';
import { ownCustomResourceLogs } from './logs.ts';
import { OrdersStack } from './orders-stack.ts';
import { ProbeStack } from './probe-stack.ts';
import type { Settings } from './settings.ts';
import { StreamingStack } from './streaming-stack.ts';

/** The two stacks of a deployment; `orderly-verify` beside them, where the settings ask for it, is nobody's. */
export interface OrderSystem {
  readonly streaming: StreamingStack;
  readonly orders: OrdersStack;
}

/** Adds the stacks that the settings ask for to an app. */
export function orderSystem(app: App, settings: Settings): OrderSystem {
  const { stage, environment, cluster, zones, mailFrom, mailIdentity, alarmEmail, returnAddress, probe } =
    settings;
  const deployment = { env: environment, terminationProtection: stage.keepsData };

  const streaming = new StreamingStack(app, 'orderly-streaming', {
    ...deployment,
    description: 'orderly: network, Kafka cluster and topics',
    stage,
    cluster,
    zones,
  });
  const orders = new OrdersStack(app, 'orderly-orders', {
    ...deployment,
    description: 'orderly: checkout, relay, email and shipping',
    stage,
    topic: streaming.orders,
    deadLetters: streaming.deadLetters,
    mailFrom,
    mailIdentity,
    alarmEmail,
    returnAddress,
  });
  if (probe) {
    new ProbeStack(app, 'orderly-verify', {
      ...deployment,
      description: 'orderly: shows what the event source mapping does, for orderly verify',
      stage,
      topic: streaming.orders,
      deadLetters: streaming.deadLetters,
    });
  }

  ownCustomResourceLogs(app, stage);
  return { streaming, orders };
}
