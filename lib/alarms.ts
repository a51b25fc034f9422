import { Stack } from 'aws-cdk-lib';
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import {
  Alarm,
  ComparisonOperator,
  type IMetric,
  MathExpression,
  Stats,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import type { KafkaCluster, KafkaConsumer } from './kafka.ts';
import { count, lagOf, measured, ofCluster, ofMapping, PERIOD, sum } from './metrics.ts';
import { dataRemovalPolicy, type Stage } from './stages.ts';

export interface AlarmsProps {
  /** Told when an alarm rings, and when it stops. */
  readonly topic: ITopic;
  readonly api: HttpApi;
  readonly cluster: KafkaCluster;
  /** By their folders of `functions/`. */
  readonly functions: ReadonlyMap<string, lambda.Function>;
  readonly consumers: readonly KafkaConsumer[];
}

/** A batch: what one invocation takes. Less than that is no backlog. */
const BATCH = 100;

/** How many periods of five minutes in a row. */
const A_QUARTER_OF_AN_HOUR = 3;

/** Of a broker's disk. MSK's advice: https://docs.aws.amazon.com/msk/latest/developerguide/bestpractices.html */
const FULL_PERCENT = 85;

/** Callers try again. */
const TOLERATED_ANSWERS = 5;
const TEN_MINUTES_MS = 10 * 60_000;
const GIB = 1024 ** 3;

/**
 * How many errors of a function nobody has to look at, in how many periods. By default none for a quarter of an hour: what is
 * delivered again is delivered again.
 */
const TOLERATED_ERRORS: Readonly<
  Record<string, { readonly above: number; readonly periods: number } | 'answered'>
> = {
  // Whoever waits for its answer gets one: the API counts them.
  checkout: 'answered',
  // Once a day; and Lambda has tried it three times.
  manifest: { above: 2, periods: 1 },
};

interface Rule {
  /** Heading of docs/runbooks.md, as its address has it. */
  readonly runbook: string;
  /** What is the matter, in one sentence. */
  readonly says: string;
  readonly metric: IMetric;
  /** `silence`: rings when nothing is told. @default - above 0 */
  readonly rings?: { readonly above: number } | 'silence';
  /** Periods of five minutes in a row. @default - 1 */
  readonly periods?: number;
}

/** An alarm for everything that somebody has to act on, and a page for each in docs/runbooks.md. */
export class Alarms extends Construct {
  readonly all: Alarm[] = [];
  readonly #topic: ITopic;

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    this.#topic = props.topic;
    this.#api(props.api);
    for (const consumer of props.consumers) this.#consumer(consumer);
    this.#outbox();
    this.#deadLetters(props.consumers);
    this.#functions(props.functions);
    this.#brokers(props.cluster);
  }

  #api(api: HttpApi): void {
    this.#alarm('ServerErrors', {
      runbook: 'the-api-answers-with-errors',
      says: `more than ${TOLERATED_ANSWERS} requests in five minutes were answered with 5xx`,
      metric: api.metricServerError({ statistic: Stats.SUM, period: PERIOD }),
      rings: { above: TOLERATED_ANSWERS },
    });
  }

  #consumer(consumer: KafkaConsumer): void {
    const { groupId, node } = consumer;
    const lag = lagOf(consumer);
    this.#alarm(`${node.id}Lag`, {
      runbook: 'lag-grows',
      says: `${groupId} has been behind for a quarter of an hour, and does not catch up`,
      metric: new MathExpression({
        expression: `IF(lag >= ${BATCH} AND DIFF(lag) >= 0, lag, 0)`,
        usingMetrics: { lag },
        period: PERIOD,
        label: `lag of ${groupId} that does not shrink`,
      }),
      periods: A_QUARTER_OF_AN_HOUR,
    });
    this.#alarm(`${node.id}Stalled`, {
      runbook: 'a-consumer-stands-still',
      says: `records wait for ${groupId}, and its function has not been invoked for a quarter of an hour`,
      metric: new MathExpression({
        expression: 'IF(lag > 0 AND FILL(invocations, 0) == 0, lag, 0)',
        usingMetrics: { lag, invocations: count(consumer.function, 'Invocations') },
        period: PERIOD,
        label: `lag of ${groupId} that nobody works on`,
      }),
      periods: A_QUARTER_OF_AN_HOUR,
    });
    if (consumer.deadLetters)
      this.#alarm(`${node.id}Lost`, {
        runbook: 'a-dead-letter-could-not-be-delivered',
        says: `records that ${groupId} gave up did not reach their destination: they are lost but for the topic`,
        metric: sum(`${groupId}: not delivered, dropped`, [
          count(consumer.function, 'DestinationDeliveryFailures'),
          ofMapping(consumer, 'DroppedEventCount'),
        ]),
      });
  }

  #outbox(): void {
    this.#alarm('OutboxAge', {
      runbook: 'events-wait-in-the-outbox',
      says: 'an event has waited for more than ten minutes to be published',
      metric: measured('relay', 'OutboxAge', Stats.MAXIMUM),
      rings: { above: TEN_MINUTES_MS },
    });
    this.#alarm('RelaySilent', {
      runbook: 'the-relay-is-silent',
      says: 'the relay has not looked at the outbox for a quarter of an hour, so that nobody knows how old it is',
      metric: measured('relay', 'OutboxAge', Stats.SAMPLE_COUNT),
      rings: 'silence',
      periods: A_QUARTER_OF_AN_HOUR,
    });
    this.#alarm('UnreadableOutboxRows', {
      runbook: 'a-row-of-the-outbox-cannot-be-read',
      says: 'rows of the outbox can never be published as they are',
      metric: measured('relay', 'UnreadableOutboxRows', Stats.MAXIMUM),
    });
  }

  #deadLetters(consumers: readonly KafkaConsumer[]): void {
    this.#alarm('DeadLetters', {
      runbook: 'new-dead-letters',
      says: 'records were given up: npx orderly dead-letters list',
      metric: sum(
        'new dead letters',
        consumers.map(({ service }) => measured(service, 'DeadLetters')),
      ),
    });
    this.#alarm('Withheld', {
      runbook: 'records-are-withheld',
      says: 'records have waited for ten minutes for somebody to act: a deployment is suspected, or the mail account refuses',
      metric: sum(
        'withheld records',
        // The collector has nobody behind it to give up to, and withholds nothing.
        consumers
          .filter(({ deadLetters }) => deadLetters)
          .map(({ service }) => measured(service, 'Withheld')),
      ),
      periods: 2,
    });
  }

  #functions(functions: ReadonlyMap<string, lambda.Function>): void {
    for (const [service, fn] of functions) {
      const tolerated = TOLERATED_ERRORS[service] ?? { above: 0, periods: A_QUARTER_OF_AN_HOUR };
      if (tolerated === 'answered') continue;
      this.#alarm(`Errors-${service}`, {
        runbook: 'a-function-fails',
        says: `the function ${service} fails again and again`,
        metric: count(fn, 'Errors'),
        rings: { above: tolerated.above },
        periods: tolerated.periods,
      });
    }
    this.#alarm('Throttles', {
      runbook: 'functions-are-throttled',
      says: 'Lambda has refused to start functions for a quarter of an hour: the account is at its limit of concurrency',
      metric: sum(
        'throttled invocations',
        [...functions.values()].map((fn) => count(fn, 'Throttles')),
      ),
      periods: A_QUARTER_OF_AN_HOUR,
    });
    const relay = functions.get('relay');
    if (relay)
      this.#alarm('IteratorAge', {
        runbook: 'the-outbox-stream-is-late',
        says: 'the relay is more than ten minutes behind its stream, whose records are gone after a day',
        metric: relay.metric('IteratorAge', { statistic: Stats.MAXIMUM, period: PERIOD }),
        rings: { above: TEN_MINUTES_MS },
        periods: A_QUARTER_OF_AN_HOUR,
      });
  }

  /** Of our own brokers; those of an imported cluster have an owner. */
  #brokers({ name, brokers }: KafkaCluster): void {
    switch (brokers?.kind) {
      case 'standard':
        this.#alarm('BrokerDisk', {
          runbook: 'a-broker-disk-fills',
          says: `the disk of a broker is more than ${FULL_PERCENT} % full`,
          metric: fullest(name, brokers.availabilityZones),
          rings: { above: FULL_PERCENT },
        });
        return;
      case 'express':
        this.#alarm('ClusterStorage', {
          runbook: 'the-cluster-stores-more-than-expected',
          says: `the cluster stores more than ${brokers.storageAlarmGib} GiB, and every one of them is paid for`,
          metric: ofCluster(name, 'StorageUsed'),
          rings: { above: brokers.storageAlarmGib * GIB },
        });
        return;
      case undefined:
        return;
    }
  }

  #alarm(id: string, { runbook, says, metric, rings = { above: 0 }, periods = 1 }: Rule): void {
    const alarm = new Alarm(this, id, {
      alarmDescription: `orderly: ${says}. What to do: docs/runbooks.md#${runbook}`,
      metric,
      ...(rings === 'silence'
        ? {
            threshold: 1,
            comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
            treatMissingData: TreatMissingData.BREACHING,
          }
        : {
            threshold: rings.above,
            comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
            treatMissingData: TreatMissingData.NOT_BREACHING,
          }),
      evaluationPeriods: periods,
    });
    const tell = new SnsAction(this.#topic);
    alarm.addAlarmAction(tell);
    alarm.addOkAction(tell);
    this.all.push(alarm);
  }
}

/** The fullest disk of brokers 1 to `brokers`. */
function fullest(clusterName: string, brokers: number): MathExpression {
  const disks = Object.fromEntries(
    Array.from({ length: brokers }, (_, index) => [
      `b${index + 1}`,
      ofCluster(clusterName, 'KafkaDataLogsDiskUsed', { 'Broker ID': String(index + 1) }),
    ]),
  );
  return new MathExpression({
    expression: `MAX([${Object.keys(disks).join(', ')}])`,
    usingMetrics: disks,
    period: PERIOD,
    label: 'fullest disk',
  });
}

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
