import { type App, Duration, Stack } from 'aws-cdk-lib';
import { HttpApi, HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { AttributeType, StreamViewType, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import {
  Code,
  FilterCriteria,
  FilterRule,
  Function as LambdaFunction,
  Runtime,
  StartingPosition,
} from 'aws-cdk-lib/aws-lambda';
import { DynamoEventSource, KafkaDlq, ManagedKafkaEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { CfnCluster, CfnTopic } from 'aws-cdk-lib/aws-msk';
import { describe, expect, it } from 'vitest';
import { codeFolder, judgedApp, synthesis } from './fixtures.ts';

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
    const lambda = (id: string) =>
      new LambdaFunction(stack, id, {
        runtime: Runtime.NODEJS_24_X,
        handler: 'index.handler',
        code: Code.fromAsset(codeFolder()),
        environment: { TABLE: table.tableName },
      });
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

describe('modelOf', synthesis, () => {
  it('honours what a CDK app of consumers, a relay and an API synthesizes to', async () => {
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

  it('knows nothing of the names in an app: with others it comes to the same shape', async () => {
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

  it('honours what a hardened app asks for, and creates its dead-letter topic', async () => {
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
});
