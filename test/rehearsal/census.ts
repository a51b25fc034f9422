import { CloudWatchClient, paginateDescribeAlarms } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient, paginateDescribeLogGroups } from '@aws-sdk/client-cloudwatch-logs';
import { DescribeTableCommand, DynamoDBClient, paginateListTables } from '@aws-sdk/client-dynamodb';
import {
  EC2Client,
  paginateDescribeSecurityGroups,
  paginateDescribeSubnets,
  paginateDescribeVpcs,
} from '@aws-sdk/client-ec2';
import {
  GetRolePolicyCommand,
  IAMClient,
  ListRolePoliciesCommand,
  paginateListRoles,
} from '@aws-sdk/client-iam';
import { KafkaClient, paginateListClusters } from '@aws-sdk/client-kafka';
import {
  GetFunctionConfigurationCommand,
  LambdaClient,
  paginateListEventSourceMappings,
  paginateListFunctions,
} from '@aws-sdk/client-lambda';
import {
  GetBucketEncryptionCommand,
  GetPublicAccessBlockCommand,
  ListBucketsCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { paginateListEmailIdentities, SESv2Client } from '@aws-sdk/client-sesv2';
import type { Census, Facts } from './standing.ts';

type Counted = ReadonlyMap<string, Facts>;

/** Everything that stands in the account, asked of each service by its own API, and not of CloudFormation. */
export async function takeCensus(): Promise<Census> {
  return {
    'AWS::DynamoDB::GlobalTable': await tables(),
    'AWS::Lambda::Function': await functions(),
    'AWS::Lambda::EventSourceMapping': await mappings(),
    'AWS::S3::Bucket': await buckets(),
    'AWS::CloudWatch::Alarm': await alarms(),
    'AWS::Logs::LogGroup': await logGroups(),
    'AWS::IAM::Role': await roles(),
    'AWS::SES::EmailIdentity': await identities(),
    'AWS::MSK::Cluster': await clusters(),
    ...(await network()),
  };
}

async function tables(): Promise<Counted> {
  const client = new DynamoDBClient({});
  const found = new Map<string, Facts>();
  for await (const { TableNames = [] } of paginateListTables({ client }, {}))
    for (const TableName of TableNames) {
      const { Table } = await client.send(new DescribeTableCommand({ TableName }));
      found.set(TableName, {
        key: Table?.KeySchema?.map(({ AttributeName }) => AttributeName),
        stream: Table?.StreamSpecification?.StreamViewType,
        indexes: (Table?.GlobalSecondaryIndexes ?? []).map(({ IndexName }) => IndexName),
      });
    }
  return found;
}

async function functions(): Promise<Counted> {
  const client = new LambdaClient({});
  const found = new Map<string, Facts>();
  for await (const { Functions = [] } of paginateListFunctions({ client }, {}))
    for (const { FunctionName = '' } of Functions) {
      const of = await client.send(new GetFunctionConfigurationCommand({ FunctionName }));
      found.set(FunctionName, {
        runtime: of.Runtime,
        handler: of.Handler,
        timeout: of.Timeout,
        memory: of.MemorySize,
        role: of.Role,
        logGroup: of.LoggingConfig?.LogGroup,
        environment: of.Environment?.Variables ?? {},
      });
    }
  return found;
}

async function mappings(): Promise<Counted> {
  const found = new Map<string, Facts>();
  for await (const { EventSourceMappings = [] } of paginateListEventSourceMappings(
    { client: new LambdaClient({}) },
    {},
  ))
    for (const of of EventSourceMappings)
      found.set(of.UUID ?? '', {
        function: of.FunctionArn,
        batch: of.BatchSize,
        destination: of.DestinationConfig?.OnFailure?.Destination,
        answers: of.FunctionResponseTypes ?? [],
      });
  return found;
}

async function buckets(): Promise<Counted> {
  const client = new S3Client({ forcePathStyle: true });
  const found = new Map<string, Facts>();
  const { Buckets = [] } = await client.send(new ListBucketsCommand({}));
  for (const { Name: Bucket = '' } of Buckets) {
    const of = { Bucket };
    // A bucket without one answers with an error.
    const access = await client.send(new GetPublicAccessBlockCommand(of)).catch(() => undefined);
    const encryption = await client.send(new GetBucketEncryptionCommand(of)).catch(() => undefined);
    found.set(Bucket, {
      private: Object.values(access?.PublicAccessBlockConfiguration ?? { nothing: false }).every(Boolean),
      encrypted: encryption?.ServerSideEncryptionConfiguration?.Rules?.length ?? 0,
    });
  }
  return found;
}

async function alarms(): Promise<Counted> {
  const found = new Map<string, Facts>();
  for await (const { MetricAlarms = [] } of paginateDescribeAlarms({ client: new CloudWatchClient({}) }, {}))
    for (const of of MetricAlarms)
      found.set(of.AlarmName ?? '', {
        threshold: of.Threshold,
        periods: of.EvaluationPeriods,
        compares: of.ComparisonOperator,
        silence: of.TreatMissingData,
        tells: of.AlarmActions,
      });
  return found;
}

async function logGroups(): Promise<Counted> {
  const found = new Map<string, Facts>();
  for await (const { logGroups: groups = [] } of paginateDescribeLogGroups(
    { client: new CloudWatchLogsClient({}) },
    {},
  ))
    for (const { logGroupName = '', retentionInDays } of groups)
      found.set(logGroupName, { days: retentionInDays });
  return found;
}

async function roles(): Promise<Counted> {
  const client = new IAMClient({});
  const found = new Map<string, Facts>();
  for await (const { Roles = [] } of paginateListRoles({ client }, {}))
    for (const { RoleName = '' } of Roles) {
      const { PolicyNames = [] } = await client.send(new ListRolePoliciesCommand({ RoleName }));
      const documents = await Promise.all(
        PolicyNames.map((PolicyName) => client.send(new GetRolePolicyCommand({ RoleName, PolicyName }))),
      );
      found.set(RoleName, {
        policies: documents
          .map(
            ({ PolicyDocument = '{}' }) => JSON.parse(decodeURIComponent(PolicyDocument)).Statement?.length,
          )
          .sort(),
      });
    }
  return found;
}

async function identities(): Promise<Counted> {
  const found = new Map<string, Facts>();
  for await (const { EmailIdentities = [] } of paginateListEmailIdentities(
    { client: new SESv2Client({}) },
    {},
  ))
    for (const { IdentityName = '' } of EmailIdentities) found.set(IdentityName, {});
  return found;
}

async function clusters(): Promise<Counted> {
  const found = new Map<string, Facts>();
  for await (const { ClusterInfoList = [] } of paginateListClusters({ client: new KafkaClient({}) }, {}))
    for (const of of ClusterInfoList)
      found.set(of.ClusterArn ?? '', {
        name: of.ClusterName,
        brokers: of.NumberOfBrokerNodes,
        version: of.CurrentBrokerSoftwareInfo?.KafkaVersion,
        subnets: of.BrokerNodeGroupInfo?.ClientSubnets?.length,
      });
  return found;
}

async function network(): Promise<Census> {
  const client = new EC2Client({});
  const vpcs = new Map<string, Facts>();
  const subnets = new Map<string, Facts>();
  const groups = new Map<string, Facts>();
  for await (const { Vpcs = [] } of paginateDescribeVpcs({ client }, {}))
    for (const { VpcId = '', CidrBlock } of Vpcs) vpcs.set(VpcId, { block: CidrBlock });
  for await (const { Subnets = [] } of paginateDescribeSubnets({ client }, {}))
    for (const { SubnetId = '', CidrBlock, AvailabilityZone } of Subnets)
      subnets.set(SubnetId, { block: CidrBlock, zone: AvailabilityZone });
  // A network's default group is no stack's: it comes and goes with its network.
  for await (const { SecurityGroups = [] } of paginateDescribeSecurityGroups({ client }, {}))
    for (const { GroupId = '', GroupName, Description } of SecurityGroups)
      if (GroupName !== 'default') groups.set(GroupId, { description: Description });
  return { 'AWS::EC2::VPC': vpcs, 'AWS::EC2::Subnet': subnets, 'AWS::EC2::SecurityGroup': groups };
}
