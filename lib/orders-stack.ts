import { CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { DynamoEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { EmailIdentity, Identity } from 'aws-cdk-lib/aws-ses';
import type { Construct } from 'constructs';
import { acknowledgeWildcard } from './acknowledge.ts';
import { AlarmTopic } from './alarm-topic.ts';
import { Alarms } from './alarms.ts';
import { BootstrapBrokers } from './bootstrap-brokers.ts';
import { CheckoutApi } from './checkout-api.ts';
import { DailyManifests } from './daily-manifests.ts';
import { type KafkaTopic, produceStatements } from './kafka.ts';
import { KafkaConsumer } from './kafka-consumer.ts';
import type { Service } from './metrics.ts';
import { NodeFunction } from './node-function.ts';
import { OperatorRole } from './operator-role.ts';
import { OrderDashboard } from './order-dashboard.ts';
import type { MailIdentity, ReturnAddress } from './settings.ts';
import type { Stage } from './stages.ts';
import { Tables } from './tables.ts';

export interface OrdersStackProps extends StackProps {
  readonly stage: Stage;
  /** The topic `orders`. */
  readonly topic: KafkaTopic;
  /** Takes the records of `orders` that Lambda gave up delivering. */
  readonly deadLetters: KafkaTopic;
  /** The address that mails come from. */
  readonly mailFrom: string;
  /** Who asks SES for the address: this stack, or somebody who has done so already. @default - `create` */
  readonly mailIdentity?: MailIdentity;
  /** Whom alarms are mailed to. @default - nobody */
  readonly alarmEmail?: string;
  /** Who sends, as labels say. @default - none */
  readonly returnAddress?: ReturnAddress;
}

/** The order system: checkout, relay, the two consumer groups and the collector of dead letters, with their tables. */
export class OrdersStack extends Stack {
  readonly #stage: Stage;
  readonly #tables: Tables;
  readonly #topic: KafkaTopic;
  readonly #deadLetters: KafkaTopic;
  readonly #functions = new Map<Service, lambda.Function>();
  readonly #consumers: KafkaConsumer[] = [];

  constructor(scope: Construct, id: string, props: OrdersStackProps) {
    super(scope, id, props);
    this.#stage = props.stage;
    this.#topic = props.topic;
    this.#deadLetters = props.deadLetters;
    this.#tables = new Tables(this, 'Tables', props.stage);

    const { api } = this.#checkout();
    const relayMappingArn = this.#relay();
    this.#email(props.mailFrom, props.mailIdentity ?? 'create');
    this.#shipping();
    // Readers before the writer: an older consumer gives up what a newer checkout writes in a new major version.
    for (const consumer of this.#consumers)
      this.#functions.get('checkout')?.node.addDependency(consumer.function);
    this.#deadLetterCollector();
    const { bucket, manifest } = new DailyManifests(this, 'Manifests', {
      stage: props.stage,
      shipments: this.#tables.shipments,
    });
    this.#functions.set('manifest', manifest);
    const { topic: alarmTopic } = this.#observability(api, props.alarmEmail);
    const { role: operator } = new OperatorRole(this, 'Operator', {
      tables: this.#tables,
      consumers: this.#consumers,
      relayMappingArn,
      manifest,
    });

    new CfnOutput(this, 'ApiUrl', { value: api.apiEndpoint });
    new CfnOutput(this, 'OrdersTable', { value: this.#tables.orders.tableName });
    new CfnOutput(this, 'OutboxTable', { value: this.#tables.outbox.tableName });
    new CfnOutput(this, 'ShipmentsTable', { value: this.#tables.shipments.tableName });
    new CfnOutput(this, 'EmailLedgerTable', { value: this.#tables.emailLedger.tableName });
    new CfnOutput(this, 'DeadLettersTable', { value: this.#tables.deadLetters.tableName });
    new CfnOutput(this, 'ManifestBucket', { value: bucket.bucketName });
    if (props.returnAddress) new CfnOutput(this, 'ReturnAddress', { value: asciiJson(props.returnAddress) });
    new CfnOutput(this, 'AlarmTopicArn', { value: alarmTopic.topicArn });
    new CfnOutput(this, 'OperatorRoleArn', { value: operator.roleArn });
  }

  #checkout(): CheckoutApi {
    const { orders, outbox } = this.#tables;
    const checkout = new NodeFunction(this, 'Checkout', {
      description: 'Places, shows and cancels orders; writes the order and its event in one transaction',
      folder: 'checkout',
      stage: this.#stage,
      timeout: Duration.seconds(10),
      memorySize: 512,
      environment: {
        ORDERS_TABLE: orders.tableName,
        OUTBOX_TABLE: outbox.tableName,
      },
    }).function;
    this.#functions.set('checkout', checkout);
    allow(checkout, orders, ['GetItem', 'PutItem', 'UpdateItem']);
    allow(checkout, outbox, ['PutItem']);
    return new CheckoutApi(this, 'CheckoutApi', { checkout, stage: this.#stage });
  }

  /** Returns the ARN of the event source mapping that wakes it. */
  #relay(): string {
    const { outbox } = this.#tables;
    const relay = new NodeFunction(this, 'Relay', {
      description: 'Publishes the events in the outbox to the topic, in order per order',
      folder: 'relay',
      stage: this.#stage,
      timeout: Duration.seconds(60),
      memorySize: 512,
      inVpcOf: this.#topic.cluster,
      environment: {
        OUTBOX_TABLE: outbox.tableName,
        TOPIC: this.#topic.name,
        KAFKA_BOOTSTRAP_SERVERS: new BootstrapBrokers(this, 'BootstrapBrokers', {
          cluster: this.#topic.cluster,
          stage: this.#stage,
        }).addresses,
      },
    }).function;
    this.#functions.set('relay', relay);
    allow(relay, outbox, ['BatchGetItem', 'Query', 'Scan', 'BatchWriteItem']);
    for (const statement of produceStatements(this, this.#topic)) relay.addToRolePolicy(statement);
    const stream = new DynamoEventSource(outbox, {
      startingPosition: lambda.StartingPosition.TRIM_HORIZON,
      batchSize: 100,
      reportBatchItemFailures: true,
      // Few, so that an order that can't be published doesn't block the shard: the sweep comes back to it.
      retryAttempts: 5,
      // The relay's own deletes are on the stream too.
      filters: [lambda.FilterCriteria.filter({ eventName: lambda.FilterRule.isEqual('INSERT') })],
    });
    relay.addEventSource(stream);
    new Rule(this, 'RelaySweep', {
      description:
        'Publishes what is older than five minutes: events whose stream record was lost or given up',
      schedule: Schedule.rate(Duration.minutes(5)),
      targets: [new LambdaFunction(relay)],
    });
    return stream.eventSourceMappingArn;
  }

  #email(mailFrom: string, mailIdentity: MailIdentity): void {
    const { emailLedger } = this.#tables;
    const sender =
      mailIdentity === 'create'
        ? new EmailIdentity(this, 'Sender', { identity: Identity.email(mailFrom) }).emailIdentityName
        : mailFrom;
    const email = this.#consumer('Email', {
      description: 'Thanks the customer of each order, and confirms cancellations',
      folder: 'email',
      groupId: 'email-service',
      environment: { EMAIL_LEDGER_TABLE: emailLedger.tableName, MAIL_FROM: sender },
    });
    allow(email, emailLedger, ['PartiQLInsert', 'PartiQLUpdate', 'BatchGetItem', 'BatchWriteItem']);
    this.#allowMails(email, mailFrom);
  }

  /**
   * Mails from one address, to anybody.
   *
   * Not on the sender's identity alone: in SES's sandbox, where each new account is, the right is looked for on the recipient's
   * identity too (https://github.com/aws/aws-sdk-js/issues/3641); the sender's may be the address or its domain; and it may
   * have a configuration set of its own, which is a resource of the same action. So what is limited is the address, by a
   * condition: https://docs.aws.amazon.com/ses/latest/dg/control-user-access.html
   */
  #allowMails(email: lambda.Function, from: string): void {
    const resources = ['identity', 'configuration-set'].map((resource) =>
      this.formatArn({ service: 'ses', resource, resourceName: '*' }),
    );
    email.addToRolePolicy(
      new iam.PolicyStatement({
        actions: ['ses:SendEmail'],
        resources,
        conditions: { StringEquals: { 'ses:FromAddress': from } },
      }),
    );
    for (const arn of resources)
      acknowledgeWildcard(
        this,
        arn,
        'SES asks for the right on the identities of sender and recipient, and on the sender’s configuration set; the sender is limited by a condition',
      );
  }

  #shipping(): void {
    const { shipments } = this.#tables;
    const shipping = this.#consumer('Shipping', {
      description: 'Creates the shipment of each order, and cancels it',
      folder: 'shipping',
      groupId: 'shipping-service',
      environment: { SHIPMENTS_TABLE: shipments.tableName },
    });
    allow(shipping, shipments, ['PartiQLInsert', 'BatchGetItem', 'UpdateItem']);
  }

  /** A function behind its own consumer group on the topic, with its door to the dead letters. */
  #consumer(
    id: string,
    props: {
      description: string;
      folder: 'email' | 'shipping';
      groupId: string;
      environment: Record<string, string>;
    },
  ): lambda.Function {
    const { description, folder, groupId } = props;
    const { deadLetters } = this.#tables;
    const consumer = new NodeFunction(this, id, {
      description,
      folder,
      stage: this.#stage,
      timeout: Duration.seconds(120),
      memorySize: 512,
      environment: {
        ...props.environment,
        CONSUMER_GROUP: groupId,
        DEAD_LETTERS_TABLE: deadLetters.tableName,
      },
    }).function;
    allow(consumer, deadLetters, ['UpdateItem']);
    this.#functions.set(folder, consumer);
    this.#consumers.push(
      new KafkaConsumer(this, `${id}Consumer`, {
        function: consumer,
        topic: this.#topic,
        groupId,
        pollers: this.#stage.pollers,
        deadLetters: this.#deadLetters,
      }),
    );
    return consumer;
  }

  /** After the consumers: it is told who they are. */
  #deadLetterCollector(): void {
    const { deadLetters } = this.#tables;
    const groupId = 'dead-letters';
    const functionNames = this.#consumers.map((consumer) => [
      consumer.groupId,
      consumer.function.functionName,
    ]);
    const collector = new NodeFunction(this, 'DeadLetterCollector', {
      description: 'Stores what Lambda gave up delivering to a consumer as dead letters of that consumer',
      folder: 'dead-letters',
      stage: this.#stage,
      timeout: Duration.seconds(120),
      memorySize: 512,
      environment: {
        CONSUMER_GROUP: groupId,
        CONSUMERS: this.toJsonString(Object.fromEntries(functionNames)),
        DEAD_LETTERS_TABLE: deadLetters.tableName,
      },
    }).function;
    allow(collector, deadLetters, ['UpdateItem']);
    // No dead letters of its own: they would be about dead letters, and lie on the topic that it reads. It ends every
    // message it is given unless the table can't be written, and that passes.
    this.#functions.set('dead-letters', collector);
    this.#consumers.push(
      new KafkaConsumer(this, 'DeadLetterCollectorConsumer', {
        function: collector,
        topic: this.#deadLetters,
        groupId,
        pollers: this.#stage.pollers,
      }),
    );
  }

  /** After everything that it observes. */
  #observability(api: HttpApi, email: string | undefined): AlarmTopic {
    const observed = {
      api,
      cluster: this.#topic.cluster,
      functions: this.#functions,
      consumers: this.#consumers,
    };
    const alarmTopic = new AlarmTopic(this, 'AlarmTopic', { stage: this.#stage, email });
    const { all } = new Alarms(this, 'Alarms', { topic: alarmTopic.topic, ...observed });
    new OrderDashboard(this, 'Overview', { alarms: all, ...observed });
    return alarmTopic;
  }
}

/** CloudFormation keeps ASCII, and makes `?` of other letters in some places. */
function asciiJson(value: object): string {
  return JSON.stringify(value).replaceAll(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** CDK's own grants leave out the PartiQL actions and add more than a function uses, so each action is named. */
function allow(grantee: lambda.Function, table: TableV2, actions: readonly string[]): void {
  grantee.addToRolePolicy(
    new iam.PolicyStatement({
      actions: actions.map((action) => `dynamodb:${action}`),
      resources: [table.tableArn],
    }),
  );
}
