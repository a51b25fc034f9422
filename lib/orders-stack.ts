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
import { Alarms, AlarmTopic } from './alarms.ts';
import { CheckoutApi } from './checkout-api.ts';
import { BootstrapBrokers } from './cluster.ts';
import { DailyManifests } from './daily-manifests.ts';
import { KafkaConsumer, type KafkaTopic, produceStatements } from './kafka.ts';
import { NodeFunction, type NodeFunctionProps } from './node-function.ts';
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

/** The order system: checkout, relay, the consumer groups and the collector of dead letters, with their tables. */
export class OrdersStack extends Stack {
  readonly #stage: Stage;
  readonly #tables: Tables;
  readonly #topic: KafkaTopic;
  readonly #deadLetters: KafkaTopic;
  readonly #functions = new Map<string, lambda.Function>();
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
    this.#sales();
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
    for (const [name, { tableName }] of this.#tables.all)
      new CfnOutput(this, `${name}Table`, { value: tableName });
    new CfnOutput(this, 'ManifestBucket', { value: bucket.bucketName });
    if (props.returnAddress) new CfnOutput(this, 'ReturnAddress', { value: asciiJson(props.returnAddress) });
    new CfnOutput(this, 'AlarmTopicArn', { value: alarmTopic.topicArn });
    new CfnOutput(this, 'OperatorRoleArn', { value: operator.roleArn });
  }

  #checkout(): CheckoutApi {
    const { orders, outbox } = this.#tables;
    const checkout = this.#function('Checkout', {
      description: 'Places, shows and cancels orders; writes the order and its event in one transaction',
      folder: 'checkout',
      timeout: Duration.seconds(10),
      environment: {
        ORDERS_TABLE: orders.tableName,
        OUTBOX_TABLE: outbox.tableName,
      },
    });
    allow(checkout, orders, ['GetItem', 'PutItem', 'UpdateItem']);
    allow(checkout, outbox, ['PutItem']);
    return new CheckoutApi(this, 'CheckoutApi', { checkout, stage: this.#stage });
  }

  /** Returns the ARN of the event source mapping that wakes it. */
  #relay(): string {
    const { outbox } = this.#tables;
    const relay = this.#function('Relay', {
      description: 'Publishes the events in the outbox to the topic, in order per order',
      folder: 'relay',
      timeout: Duration.seconds(60),
      inVpcOf: this.#topic.cluster,
      environment: {
        OUTBOX_TABLE: outbox.tableName,
        TOPIC: this.#topic.name,
        KAFKA_BOOTSTRAP_SERVERS: new BootstrapBrokers(this, 'BootstrapBrokers', {
          cluster: this.#topic.cluster,
          stage: this.#stage,
        }).addresses,
      },
    });
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

  #sales(): void {
    const { sales } = this.#tables;
    const consumer = this.#consumer('Sales', {
      description: 'Adds up orders, items, revenue and cancellations by day and currency',
      folder: 'sales',
      groupId: 'sales-service',
      environment: { SALES_TABLE: sales.tableName },
    });
    allow(consumer, sales, ['PutItem', 'UpdateItem']);
  }

  /**
   * A function behind a consumer group of its own, with a door to the dead letters. This is its one declaration: bundle, mapping,
   * rights, alarms, dashboard, operator role and collector follow from it.
   */
  #consumer(
    id: string,
    {
      description,
      folder,
      groupId,
      environment,
      topic = this.#topic,
      destination = this.#deadLetters,
    }: {
      readonly description: string;
      readonly folder: string;
      readonly groupId: string;
      readonly environment: Readonly<Record<string, string>>;
      /** @default - the topic `orders` */
      readonly topic?: KafkaTopic;
      /** What takes the records that Lambda gives up; it gives up none without. @default - the topic of dead letters */
      readonly destination?: KafkaTopic | 'none';
    },
  ): lambda.Function {
    const { deadLetters } = this.#tables;
    const consumer = this.#function(id, {
      description,
      folder,
      timeout: Duration.seconds(120),
      environment: { ...environment, CONSUMER_GROUP: groupId, DEAD_LETTERS_TABLE: deadLetters.tableName },
    });
    allow(consumer, deadLetters, ['UpdateItem']);
    this.#consumers.push(
      new KafkaConsumer(this, `${id}Consumer`, {
        service: folder,
        function: consumer,
        topic,
        groupId,
        pollers: this.#stage.pollers,
        deadLetters: destination === 'none' ? undefined : destination,
      }),
    );
    return consumer;
  }

  /**
   * After the consumers: it is told who they are. It has no dead letters of its own: they would be about dead letters, and lie
   * on the topic that it reads. It ends every message it is given unless the table can't be written, and that passes.
   */
  #deadLetterCollector(): void {
    const functionNames = this.#consumers.map((consumer) => [
      consumer.groupId,
      consumer.function.functionName,
    ]);
    this.#consumer('DeadLetterCollector', {
      description: 'Stores what Lambda gave up delivering to a consumer as dead letters of that consumer',
      folder: 'dead-letters',
      groupId: 'dead-letters',
      environment: { CONSUMERS: this.toJsonString(Object.fromEntries(functionNames)) },
      topic: this.#deadLetters,
      destination: 'none',
    });
  }

  /** A function of the system, by whose folder its alarms and graphs are known. */
  #function(id: string, props: Omit<NodeFunctionProps, 'stage' | 'memorySize'>): lambda.Function {
    const made = new NodeFunction(this, id, { ...props, stage: this.#stage, memorySize: 512 }).function;
    this.#functions.set(props.folder, made);
    return made;
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
