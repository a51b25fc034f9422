import { CfnOutput, Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import { AttributeType, Billing, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { KafkaConsumer, type KafkaTopic } from './kafka.ts';
import { NodeFunction } from './node-function.ts';
import type { Stage } from './stages.ts';

export interface ProbeStackProps extends StackProps {
  readonly stage: Stage;
  /** The topic `orders`, on which the relay publishes probes as it does events. */
  readonly topic: KafkaTopic;
  readonly deadLetters: KafkaTopic;
}

/**
 * A consumer group that shows what an event source mapping does, for `orderly verify`: its function does what its records
 * say and writes down what it was given. For a sandbox; it holds nothing that anybody needs.
 */
export class ProbeStack extends Stack {
  constructor(scope: Construct, id: string, props: ProbeStackProps) {
    super(scope, id, props);
    const { stage, topic, deadLetters } = props;
    const probes = new TableV2(this, 'Probes', {
      partitionKey: { name: 'run', type: AttributeType.STRING },
      sortKey: { name: 'what', type: AttributeType.STRING },
      billing: Billing.onDemand(),
      timeToLiveAttribute: 'expiresAt',
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const consumer = new NodeFunction(this, 'Probe', {
      description: 'Does what its records say, and writes down what it was given',
      folder: 'probe',
      stage,
      timeout: Duration.seconds(30),
      memorySize: 256,
      environment: { PROBES_TABLE: probes.tableName },
    }).function;
    consumer.addToRolePolicy(
      new iam.PolicyStatement({
        actions: ['dynamodb:PutItem', 'dynamodb:UpdateItem'],
        resources: [probes.tableArn],
      }),
    );
    new KafkaConsumer(this, 'ProbeConsumer', {
      service: 'probe',
      function: consumer,
      topic,
      groupId: 'orderly-verify',
      pollers: 1,
      deadLetters,
      // Few, and a window in which a case's records come together: what is looked for is seen within a minute.
      retryAttempts: 2,
      window: Duration.seconds(2),
    });
    new CfnOutput(this, 'ProbesTable', { value: probes.tableName });
  }
}
