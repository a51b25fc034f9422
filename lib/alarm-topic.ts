import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import { dataRemovalPolicy, type Stage } from './stages.ts';

export interface AlarmTopicProps {
  readonly stage: Stage;
  /** Whom alarms are mailed to, once they have confirmed it. @default - nobody */
  readonly email?: string;
}

/** Where alarms go: over TLS only, and from the alarms of this account alone. */
export class AlarmTopic extends Construct {
  readonly topic: Topic;

  constructor(scope: Construct, id: string, { stage, email }: AlarmTopicProps) {
    super(scope, id);
    const { account } = Stack.of(this);
    const ofThisAccount = { StringEquals: { 'aws:SourceAccount': account } };
    const alarms = new iam.ServicePrincipal('cloudwatch.amazonaws.com');

    // Not in the sandbox: a key is there for another week when its stack has gone, and alarms say nothing of a customer. Not
    // SNS's own key either, which lets no alarm publish.
    const key = stage.keepsData
      ? new Key(this, 'Key', {
          description: 'orderly: what alarms say',
          enableKeyRotation: true,
          removalPolicy: dataRemovalPolicy(stage),
        })
      : undefined;
    key?.addToResourcePolicy(
      new iam.PolicyStatement({
        principals: [alarms],
        actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
        // A key's policy is about that key.
        resources: ['*'],
        conditions: ofThisAccount,
      }),
    );

    this.topic = new Topic(this, 'Topic', {
      displayName: 'orderly alarms',
      enforceSSL: true,
      ...(key && { masterKey: key }),
    });
    this.topic.addToResourcePolicy(
      new iam.PolicyStatement({
        principals: [alarms],
        actions: ['sns:Publish'],
        resources: [this.topic.topicArn],
        conditions: ofThisAccount,
      }),
    );
    if (email) this.topic.addSubscription(new EmailSubscription(email));
  }
}
