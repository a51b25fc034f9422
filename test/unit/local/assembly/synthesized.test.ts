import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, CfnResource, CustomResource, Duration, RemovalPolicy, Stack, Stage } from 'aws-cdk-lib';
import { HttpApi, HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { AttributeType, StreamViewType, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Rule, Schedule as RuleSchedule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as LambdaTarget } from 'aws-cdk-lib/aws-events-targets';
import {
  Code,
  FilterCriteria,
  FilterRule,
  Function as LambdaFunction,
  Runtime,
  StartingPosition,
} from 'aws-cdk-lib/aws-lambda';
import { DynamoEventSource, KafkaDlq, ManagedKafkaEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { CfnCluster, CfnServerlessCluster, CfnTopic } from 'aws-cdk-lib/aws-msk';
import { Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import { Schedule, ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import {
  AwsCustomResource,
  AwsCustomResourcePolicy,
  PhysicalResourceId,
  Provider,
} from 'aws-cdk-lib/custom-resources';
import { Trigger } from 'aws-cdk-lib/triggers';
import { describe, expect, it } from 'vitest';
import { modelOf } from '../../../../local/assembly/model.ts';
import { readAssembly } from '../../../../local/assembly/read.ts';
import { facts, noOptions, temporaryFolder } from '../fixtures.ts';

/** A function with code of its own, as its author would write it. */
function lambdaIn(
  stack: Stack,
  id: string,
  environment: Readonly<Record<string, string>> = {},
): LambdaFunction {
  const dir = join(temporaryFolder(), 'code');
  mkdirSync(dir);
  writeFileSync(join(dir, 'index.mjs'), 'export const handler = async () => null;');
  return new LambdaFunction(stack, id, {
    runtime: Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: Code.fromAsset(dir),
    environment,
  });
}

/** The folder that an app synthesizes to. */
function synthesized(build: (app: App) => void): string {
  const outdir = temporaryFolder();
  const app = new App({ outdir, analyticsReporting: false });
  build(app);
  app.synth();
  return outdir;
}

/** What a synthesized app comes to. */
async function judgedApp(build: (app: App) => void) {
  return modelOf(await readAssembly(synthesized(build)), facts, noOptions);
}

/** Everything in an app that its author may call as they like. */
interface Names {
  readonly streaming: string;
  readonly consumers: string;
  readonly consumer: string;
  readonly table: string;
  readonly topic: string;
}

const ours: Names = {
  streaming: 'Streaming',
  consumers: 'Consumers',
  consumer: 'Email',
  table: 'Outbox',
  topic: 'orders',
};

/** A cluster with a topic in one stack; in another a consumer, and a relay behind a table's stream and an HTTP API. */
function app(names: Names, hardened = false) {
  return (scope: App): void => {
    const streaming = new Stack(scope, names.streaming);
    const cluster = new CfnCluster(streaming, 'Cluster', {
      clusterName: 'demo',
      kafkaVersion: '3.9.x',
      numberOfBrokerNodes: 2,
      brokerNodeGroupInfo: {
        clientSubnets: ['subnet-11111111', 'subnet-22222222'],
        instanceType: 'kafka.t3.small',
      },
      clientAuthentication: { sasl: { iam: { enabled: true } } },
    });
    new CfnTopic(streaming, 'Topic', {
      clusterArn: cluster.attrArn,
      topicName: names.topic,
      partitionCount: 3,
      replicationFactor: 2,
      configs: Buffer.from('retention.ms=604800000').toString('base64'),
    });

    const stack = new Stack(scope, names.consumers);
    const table = new TableV2(stack, names.table, {
      partitionKey: { name: 'orderId', type: AttributeType.STRING },
      sortKey: { name: 'seq', type: AttributeType.NUMBER },
      dynamoStream: StreamViewType.NEW_IMAGE,
      timeToLiveAttribute: 'ttl',
    });
    const lambda = (id: string) => lambdaIn(stack, id, { TABLE: table.tableName });
    lambda(names.consumer).addEventSource(
      new ManagedKafkaEventSource({
        clusterArn: cluster.attrArn,
        topic: names.topic,
        consumerGroupId: `${names.consumer}-service`,
        startingPosition: StartingPosition.TRIM_HORIZON,
        provisionedPollerConfig: { minimumPollers: 1, maximumPollers: 1 },
        reportBatchItemFailures: true,
        ...(hardened
          ? {
              retryAttempts: 30,
              bisectBatchOnError: true,
              maxRecordAge: Duration.hours(1),
              onFailure: new KafkaDlq('dead'),
            }
          : {}),
      }),
    );
    const relay = lambda('Relay');
    relay.addEventSource(
      new DynamoEventSource(table, {
        startingPosition: StartingPosition.TRIM_HORIZON,
        filters: [FilterCriteria.filter({ eventName: FilterRule.isEqual('INSERT') })],
        reportBatchItemFailures: true,
        ...(hardened ? { retryAttempts: 3 } : {}),
      }),
    );
    new HttpApi(stack, 'Api', { defaultAuthorizer: new HttpIamAuthorizer() }).addRoutes({
      path: '/orders/{id}',
      methods: [HttpMethod.GET],
      integration: new HttpLambdaIntegration('Orders', relay),
    });
  };
}

/** The rest of what is honoured, and what CDK adds to it by itself. */
function appOfEverythingElse(scope: App): void {
  const streaming = new Stack(scope, 'Streaming');
  const cluster = new CfnServerlessCluster(streaming, 'Cluster', {
    clusterName: 'demo',
    clientAuthentication: { sasl: { iam: { enabled: true } } },
    vpcConfigs: [{ subnetIds: ['subnet-1', 'subnet-2'] }],
  });
  const brokers = new AwsCustomResource(streaming, 'Brokers', {
    onUpdate: {
      service: 'Kafka',
      action: 'getBootstrapBrokers',
      parameters: { ClusterArn: cluster.attrArn },
      physicalResourceId: PhysicalResourceId.of('brokers'),
    },
    policy: AwsCustomResourcePolicy.fromSdkCalls({ resources: [cluster.attrArn] }),
    installLatestAwsSdk: false,
  });

  const stack = new Stack(scope, 'App');
  const files = new Bucket(stack, 'Files', {
    encryption: BucketEncryption.S3_MANAGED,
    enforceSSL: true,
    removalPolicy: RemovalPolicy.DESTROY,
    autoDeleteObjects: true,
  });
  const sweep = lambdaIn(stack, 'Sweep', {
    BROKERS: brokers.getResponseField('BootstrapBrokerStringSaslIam'),
    FILES: files.bucketName,
  });
  new Rule(stack, 'Rule', {
    schedule: RuleSchedule.cron({ minute: '0', hour: '3', weekDay: 'MON-FRI' }),
    targets: [
      new LambdaTarget(sweep, { event: RuleTargetInput.fromObject({ night: true }), retryAttempts: 2 }),
    ],
  });
  new Schedule(stack, 'Schedule', {
    schedule: ScheduleExpression.rate(Duration.hours(1)),
    target: new LambdaInvoke(sweep, { input: ScheduleTargetInput.fromObject({ hour: true }) }),
  });
  const provider = new Provider(stack, 'Provider', {
    onEventHandler: lambdaIn(stack, 'OnEvent'),
    isCompleteHandler: lambdaIn(stack, 'IsComplete'),
    queryInterval: Duration.seconds(10),
  });
  new CustomResource(stack, 'Thing', { serviceToken: provider.serviceToken });
  new Trigger(stack, 'Trigger', { handler: lambdaIn(stack, 'Triggered') });
}

// A second each where nothing else runs, much more on a busy machine.
describe('what CDK writes', { timeout: 60_000 }, () => {
  it('is read: stacks after those they depend on, stages, paths and assets', async () => {
    const dir = synthesized((app) => {
      const consumers = new Stack(app, 'Consumers');
      const streaming = new Stack(app, 'Streaming', { stackName: 'streaming-prod' });
      consumers.addStackDependency(streaming);
      new CfnResource(streaming, 'Handle', { type: 'AWS::CloudFormation::WaitConditionHandle' });
      lambdaIn(consumers, 'Email');
      lambdaIn(new Stack(new Stage(app, 'Prod'), 'Consumers'), 'Email');
    });
    const { stacks } = await readAssembly(dir);
    const names = stacks.map(({ name }) => name);
    expect(names.toSorted()).toEqual(['Consumers', 'Prod-Consumers', 'streaming-prod']);
    expect(names.indexOf('streaming-prod')).toBeLessThan(names.indexOf('Consumers'));
    for (const [name, path] of [
      ['Consumers', 'Consumers/Email'],
      ['Prod-Consumers', 'Prod/Consumers/Email'],
    ]) {
      const stack = stacks.find((candidate) => candidate.name === name);
      expect([...(stack?.resources.values() ?? [])].map((resource) => resource.path)).toContain(path);
      const asset = stack?.assets.find(({ holds }) => holds === 'folder');
      expect(asset?.objectKeys).toEqual([expect.stringMatching(/^[\da-f]{64}\.zip$/)]);
      expect(readFileSync(join(asset?.path ?? '', 'index.mjs'), 'utf8')).toContain('handler');
    }
  });

  it('is honoured: an app of consumers, a relay and an API', async () => {
    const { model, findings } = await judgedApp(app(ours));
    expect(findings).toEqual([]);
    expect(model.functions.map(({ path }) => path)).toEqual(['Consumers/Email', 'Consumers/Relay']);
    expect(model.tables).toEqual([
      expect.objectContaining({
        path: 'Consumers/Outbox',
        streamView: 'NEW_IMAGE',
        timeToLiveAttribute: 'ttl',
      }),
    ]);
    expect(model.functions.map(({ environment }) => environment.TABLE)).toEqual([
      model.tables[0]?.name,
      model.tables[0]?.name,
    ]);
    expect(model.topics).toEqual([
      expect.objectContaining({ name: 'orders', partitions: 3, config: { 'retention.ms': '604800000' } }),
    ]);
    expect(model.mappings).toEqual([
      expect.objectContaining({
        kind: 'kafka',
        topic: 'orders',
        groupId: 'Email-service',
        clusterArn: expect.stringMatching(/:cluster\/demo\//),
        partialResponses: true,
        windowMs: 500,
      }),
      expect.objectContaining({ kind: 'dynamodb-stream', filters: [{ eventName: ['INSERT'] }] }),
    ]);
    expect(model.apis).toEqual([
      expect.objectContaining({
        routes: [
          { routeKey: 'GET /orders/{id}', functionName: model.functions[1]?.name, authorization: 'AWS_IAM' },
        ],
      }),
    ]);
  });

  it('may have any names: with others an app comes to the same shape', async () => {
    const renamed: Names = {
      streaming: 'Wolke',
      consumers: 'Werk',
      consumer: 'Post',
      table: 'Ablage',
      topic: 'vorgaenge',
    };
    const shape = ({ model, findings }: Awaited<ReturnType<typeof judgedApp>>) => ({
      findings,
      functions: model.functions.map(({ runtime, handler, memoryMiB, environment }) => ({
        runtime,
        handler,
        memoryMiB,
        variables: Object.keys(environment),
      })),
      mappings: model.mappings.map(({ kind, batchSize, windowMs, partialResponses, functionName }) => ({
        kind,
        batchSize,
        windowMs,
        partialResponses,
        function: model.functions.findIndex(({ name }) => name === functionName),
      })),
      tables: model.tables.map(({ keys, streamView }) => ({ keys, streamView })),
      topics: model.topics.map(({ partitions, config }) => ({ partitions, config })),
      routes: model.apis.map(({ routes }) =>
        routes.map(({ routeKey, authorization }) => ({ routeKey, authorization })),
      ),
      notEmulated: model.notEmulated.map(({ type }) => type),
    });
    const [one, other] = await Promise.all([judgedApp(app(ours)), judgedApp(app(renamed))]);
    expect(shape(other)).toEqual(shape(one));
    expect(JSON.stringify(other.model)).not.toMatch(/Email|Outbox|"orders"/);
  });

  it('is honoured in a hardened app, whose dead-letter topic is created', async () => {
    const { model, findings } = await judgedApp(app(ours, true));
    expect(findings).toEqual([]);
    expect(model.mappings).toEqual([
      expect.objectContaining({
        bisect: true,
        maximumRecordAgeMs: 3_600_000,
        maximumRetryAttempts: 30,
        onFailureTopic: 'dead',
      }),
      expect.objectContaining({ bisect: false, maximumRecordAgeMs: undefined, maximumRetryAttempts: 3 }),
    ]);
    expect(model.topics.map(({ name }) => name)).toEqual(['orders', 'dead']);
  });

  it('is honoured in everything else, and what only serves a deployment does not run', async () => {
    const { model, findings } = await judgedApp(appOfEverythingElse);
    expect(findings).toEqual([]);
    expect(model.functions.map(({ path }) => path)).toEqual(['App/Sweep', 'App/Triggered']);
    expect(model.functions[0]?.environment).toEqual({
      BROKERS: '127.0.0.1:9092',
      FILES: model.buckets[0]?.name,
    });
    expect(model.buckets.map(({ path }) => path)).toEqual(['App/Files']);
    expect(model.schedules.map(({ path, text, targets }) => [path, text, targets[0]?.input])).toEqual([
      ['App/Rule', 'cron(0 3 ? * MON-FRI *)', '{"night":true}'],
      ['App/Schedule', 'rate(1 hour)', '{"hour":true}'],
    ]);
    expect(model.notEmulated.map(({ type }) => type)).toContain('Custom::S3AutoDeleteObjects');
  });
});
