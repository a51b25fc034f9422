import { z } from 'zod';
import type { AwsRequest } from '../../../cli/faults/aws-proxy.ts';
import type { CloudModel } from '../../../local/assembly/model.ts';
import type { MappingModel } from '../../../local/resources/event-source-mapping.ts';
import type { Permission } from './granted.ts';

/**
 * The permissions that a request to an AWS service needs.
 *
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html, and for PartiQL
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-iam.html
 */
export function permissionsOf({ operation, body }: AwsRequest, model: CloudModel): Permission[] {
  const table = (name: string) => model.tables.find((each) => each.name === name)?.logicalId ?? name;
  const dynamodb = (action: string, name: string, index?: string) =>
    `dynamodb:${action} ${table(name)}${index === undefined ? '' : `/index/${index}`}`;

  const [method, path] = operation.split(' ');
  if (path === '/v2/email/outbound-emails') return permissionsToMail(body);
  if (path !== undefined) return [filePermission(method ?? '', path, model)];
  const request: unknown = JSON.parse(body);
  switch (operation) {
    case 'BatchExecuteStatement':
    case 'ExecuteStatement':
      return Statements.parse(request).Statements.map(({ Statement }) => {
        const [, verb = '', name = ''] = /^(\w+)[^"]*"([^"]+)"/.exec(Statement) ?? [];
        return dynamodb(`PartiQL${verb[0]}${verb.slice(1).toLowerCase()}`, name);
      });
    case 'TransactWriteItems':
      return Transaction.parse(request).TransactItems.flatMap((item) =>
        Object.entries(item).map(([kind, { TableName }]) =>
          dynamodb(kind === 'ConditionCheck' ? 'ConditionCheckItem' : `${kind}Item`, TableName),
        ),
      );
    case 'BatchGetItem':
    case 'BatchWriteItem':
      return Object.keys(ByTable.parse(request).RequestItems).map((name) => dynamodb(operation, name));
    default: {
      const { TableName, IndexName } = OneTable.parse(request);
      return [dynamodb(operation, TableName, IndexName)];
    }
  }
}

const Statements = z.object({ Statements: z.array(z.object({ Statement: z.string() })) });
const Transaction = z.object({
  TransactItems: z.array(z.record(z.string(), z.object({ TableName: z.string() }))),
});
const ByTable = z.object({ RequestItems: z.record(z.string(), z.unknown()) });
const OneTable = z.object({ TableName: z.string(), IndexName: z.string().optional() });

/**
 * A mail needs the right on the identity of its sender, in SES's sandbox on those of its recipients, and on the configuration
 * set that the sender's identity may have: any of the account.
 *
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsimpleemailservicev2.html,
 * https://github.com/aws/aws-sdk-js/issues/3641
 */
function permissionsToMail(body: string): Permission[] {
  const { FromEmailAddress } = z.object({ FromEmailAddress: z.string() }).parse(JSON.parse(body));
  return ['identity', 'configuration-set'].map(
    (resource) => `ses:SendEmail ${resource}/* from ${FromEmailAddress}`,
  );
}

function filePermission(method: string, path: string, model: CloudModel): Permission {
  const [, name = '', folder] = path.split('/');
  const bucket = model.buckets.find((each) => each.name === decodeURIComponent(name));
  if (!folder) return `s3:ListBucket ${bucket?.logicalId ?? name}`;
  const action = { GET: 'GetObject', HEAD: 'GetObject', PUT: 'PutObject', DELETE: 'DeleteObject' }[method];
  return `s3:${action ?? method} ${bucket?.logicalId ?? name}/${folder}/*`;
}

/**
 * The permissions that a mapping's pollers need of its function's role.
 *
 * https://docs.aws.amazon.com/lambda/latest/dg/with-msk-permissions.html,
 * https://docs.aws.amazon.com/lambda/latest/dg/msk-cluster-auth.html,
 * https://docs.aws.amazon.com/msk/latest/developerguide/kafka-actions.html,
 * https://docs.aws.amazon.com/lambda/latest/dg/kafka-on-failure-destination.html,
 * https://docs.aws.amazon.com/msk/latest/developerguide/create-iam-access-control-policies.html,
 * https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-eventsourcemapping.html
 */
export function permissionsOfMapping(mapping: MappingModel, model: CloudModel): Permission[] {
  if (mapping.kind === 'dynamodb-stream') {
    const table = model.tables.find(({ name }) => name === mapping.tableName)?.logicalId;
    return ['DescribeStream', 'GetRecords', 'GetShardIterator', 'ListStreams'].map(
      (action) => `dynamodb:${action} ${table}/stream`,
    );
  }
  const { topic, groupId, onFailureTopic } = mapping;
  return [
    'kafka:DescribeCluster cluster',
    'kafka:DescribeClusterV2 cluster',
    'kafka:GetBootstrapBrokers cluster',
    'kafka-cluster:Connect cluster',
    'kafka-cluster:DescribeCluster cluster',
    'kafka-cluster:DescribeClusterDynamicConfiguration cluster',
    'ec2:DescribeSecurityGroups *',
    'ec2:DescribeVpcs *',
    ...INTERFACES,
    `kafka-cluster:DescribeTopic topic/${topic}`,
    `kafka-cluster:ReadData topic/${topic}`,
    `kafka-cluster:DescribeGroup group/${groupId}`,
    `kafka-cluster:AlterGroup group/${groupId}`,
    ...(onFailureTopic === undefined
      ? []
      : [
          ...permissionsToProduce(onFailureTopic),
          'kafka-cluster:WriteDataIdempotently cluster',
          `kafka-cluster:ReadData topic/${onFailureTopic}`,
        ]),
  ];
}

/**
 * What Lambda does under the role of a function, whatever its code does: it carries the log, and puts a function that has a
 * VPC into it.
 *
 * https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html,
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
 */
export function permissionsToRun({ LoggingConfig, VpcConfig }: FunctionProperties): Permission[] {
  const group = LoggingConfig.LogGroup.Ref;
  return [
    `logs:CreateLogStream ${group}`,
    `logs:PutLogEvents ${group}`,
    ...(VpcConfig === undefined
      ? []
      : [...INTERFACES, 'ec2:AssignPrivateIpAddresses *', 'ec2:UnassignPrivateIpAddresses *']),
  ];
}

/** Of a function in a template, what is read here. */
export interface FunctionProperties {
  readonly LoggingConfig: { readonly LogGroup: { readonly Ref: string } };
  readonly VpcConfig?: unknown;
}

const INTERFACES: readonly Permission[] = [
  'ec2:CreateNetworkInterface *',
  'ec2:DeleteNetworkInterface *',
  'ec2:DescribeNetworkInterfaces *',
  'ec2:DescribeSubnets *',
];

/** What a producer without idempotence and transactions needs on a topic. */
export function permissionsToProduce(topic: string): Permission[] {
  return [
    'kafka-cluster:Connect cluster',
    `kafka-cluster:DescribeTopic topic/${topic}`,
    `kafka-cluster:WriteData topic/${topic}`,
  ];
}
