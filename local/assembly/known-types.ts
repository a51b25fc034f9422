import type { EngineFacts } from './model.ts';
import { type Resolution, resolved, textOf, unresolved, whenResolved } from './resolution.ts';

/** A resource as its own `Ref` and attributes see it. */
export interface Identity {
  /** Physical name: the template's, else a generated one. */
  readonly name: string;
  /** Derived from stack and logical id. */
  readonly uuid: string;
  /** Derived from stack and logical id, 10 characters. */
  readonly id: string;
  readonly facts: EngineFacts;
  property(name: string): Resolution;
}

interface KnownType {
  /** Property that gives the physical name, where a template may give one. */
  readonly nameProperty?: string;
  /** Characters a name may have. */
  readonly nameLimit: number;
  /** Types whose names are lower case. */
  readonly lowerCase?: true;
  readonly ref: (identity: Identity) => Resolution;
  readonly attributes: Readonly<Record<string, (identity: Identity) => Resolution>>;
}

function arn(service: string, resource: (identity: Identity) => string) {
  return (identity: Identity): Resolution =>
    resolved(`arn:aws:${service}:${identity.facts.region}:${identity.facts.account}:${resource(identity)}`);
}

const name = (identity: Identity): Resolution => resolved(identity.name);
const id = (identity: Identity): Resolution => resolved(identity.id);
const uuid = (identity: Identity): Resolution => resolved(identity.uuid);

const functionArn = arn('lambda', ({ name }) => `function:${name}`);
const mappingArn = arn('lambda', ({ uuid }) => `event-source-mapping:${uuid}`);
const tableArn = arn('dynamodb', ({ name }) => `table/${name}`);
const clusterArn = arn('kafka', ({ name, uuid }) => `cluster/${name}/${uuid}-1`);
const serverlessClusterArn = arn('kafka', ({ name, uuid }) => `cluster/${name}/${uuid}-s1`);
const queueUrl = ({ name, facts }: Identity): Resolution =>
  resolved(`https://sqs.${facts.region}.amazonaws.com/${facts.account}/${name}`);

/** `arn:…:cluster/<name>/<uuid>` becomes `arn:…:topic/<name>/<uuid>/<topic>`, as the MSK guide spells topic ARNs. */
function topicArn(identity: Identity): Resolution {
  return whenResolved(identity.property('ClusterArn'), (cluster) =>
    resolved(`${textOf(cluster) ?? ''}/${identity.name}`.replace(':cluster/', ':topic/')),
  );
}

function scheduleArn(identity: Identity): Resolution {
  return whenResolved(identity.property('GroupName'), (group) =>
    arn('scheduler', ({ name }) => `schedule/${textOf(group) ?? 'default'}/${name}`)(identity),
  );
}

/** Until the engine has the table, its stream is known by a placeholder of the same shape. */
function streamArn(identity: Identity): Resolution {
  return whenResolved(identity.property('StreamSpecification'), (stream) =>
    stream === undefined
      ? unresolved('StreamArn', `the table ${identity.name} has no stream`)
      : resolved(
          identity.facts.streamArn(identity.name) ??
            `arn:aws:dynamodb:${identity.facts.region}:${identity.facts.account}:table/${identity.name}/stream/1970-01-01T00:00:00.000`,
        ),
  );
}

/** A version or alias belongs to the function its property names, by name or ARN. */
function qualifiedArn(qualifier: (identity: Identity) => string) {
  return (identity: Identity): Resolution =>
    whenResolved(identity.property('FunctionName'), (value) =>
      functionArn({ ...identity, name: `${functionNameIn(textOf(value) ?? '')}:${qualifier(identity)}` }),
    );
}

/** The bare name in a function name or ARN; versions and aliases are all the one function there is here. */
export function functionNameIn(nameOrArn: string): string {
  const [, afterFunction] = nameOrArn.split(':function:');
  return (afterFunction ?? nameOrArn).split(':')[0] ?? nameOrArn;
}

const unaddressed = (what: string) => (): Resolution =>
  unresolved(what, 'the address is known only when the gateway listens');

const table: KnownType = {
  nameProperty: 'TableName',
  nameLimit: 255,
  ref: name,
  attributes: { Arn: tableArn, StreamArn: streamArn },
};

/**
 * What `Ref` and `Fn::GetAtt` give, by type. Types and attributes that are not here come out unresolved.
 *
 * Source: "Return values" of each type in the AWS CloudFormation template reference.
 */
export const knownTypes: ReadonlyMap<string, KnownType> = new Map<string, KnownType>([
  [
    'AWS::Lambda::Function',
    { nameProperty: 'FunctionName', nameLimit: 64, ref: name, attributes: { Arn: functionArn } },
  ],
  [
    'AWS::Lambda::Version',
    {
      nameLimit: 64,
      ref: qualifiedArn(() => '1'),
      attributes: { Version: () => resolved('1'), FunctionArn: qualifiedArn(() => '1') },
    },
  ],
  [
    'AWS::Lambda::Alias',
    {
      nameProperty: 'Name',
      nameLimit: 128,
      ref: qualifiedArn(({ name }) => name),
      attributes: { AliasArn: qualifiedArn(({ name }) => name) },
    },
  ],
  [
    'AWS::Events::Rule',
    {
      nameProperty: 'Name',
      nameLimit: 64,
      ref: name,
      attributes: { Arn: arn('events', ({ name }) => `rule/${name}`) },
    },
  ],
  [
    'AWS::Scheduler::Schedule',
    {
      nameProperty: 'Name',
      nameLimit: 64,
      ref: name,
      attributes: { Arn: scheduleArn },
    },
  ],
  ['AWS::Scheduler::ScheduleGroup', { nameProperty: 'Name', nameLimit: 64, ref: name, attributes: {} }],
  [
    'AWS::Lambda::EventSourceMapping',
    {
      nameLimit: 64,
      ref: uuid,
      attributes: { Id: uuid, EventSourceMappingArn: mappingArn },
    },
  ],
  ['AWS::DynamoDB::Table', table],
  ['AWS::DynamoDB::GlobalTable', table],
  [
    'AWS::MSK::Cluster',
    { nameProperty: 'ClusterName', nameLimit: 64, ref: clusterArn, attributes: { Arn: clusterArn } },
  ],
  [
    'AWS::MSK::ServerlessCluster',
    {
      nameProperty: 'ClusterName',
      nameLimit: 64,
      ref: serverlessClusterArn,
      attributes: { Arn: serverlessClusterArn },
    },
  ],
  [
    'AWS::MSK::Topic',
    { nameProperty: 'TopicName', nameLimit: 249, ref: topicArn, attributes: { TopicArn: topicArn } },
  ],
  [
    'AWS::ApiGatewayV2::Api',
    {
      nameProperty: 'Name',
      nameLimit: 128,
      ref: id,
      attributes: { ApiId: id, ApiEndpoint: unaddressed('ApiEndpoint') },
    },
  ],
  ['AWS::ApiGatewayV2::Integration', { nameLimit: 128, ref: id, attributes: { IntegrationId: id } }],
  ['AWS::ApiGatewayV2::Authorizer', { nameLimit: 128, ref: id, attributes: { AuthorizerId: id } }],
  ['AWS::ApiGatewayV2::Stage', { nameProperty: 'StageName', nameLimit: 128, ref: name, attributes: {} }],
  [
    'AWS::Logs::LogGroup',
    {
      nameProperty: 'LogGroupName',
      nameLimit: 512,
      ref: name,
      attributes: { Arn: arn('logs', ({ name }) => `log-group:${name}:*`) },
    },
  ],
  [
    'AWS::IAM::Role',
    {
      nameProperty: 'RoleName',
      nameLimit: 64,
      ref: name,
      attributes: { Arn: ({ name, facts }) => resolved(`arn:aws:iam::${facts.account}:role/${name}`) },
    },
  ],
  ['AWS::SES::EmailIdentity', { nameProperty: 'EmailIdentity', nameLimit: 320, ref: name, attributes: {} }],
  [
    'AWS::SQS::Queue',
    {
      nameProperty: 'QueueName',
      nameLimit: 80,
      ref: queueUrl,
      attributes: { Arn: arn('sqs', ({ name }) => name), QueueName: name, QueueUrl: queueUrl },
    },
  ],
  [
    'AWS::SNS::Topic',
    {
      nameProperty: 'TopicName',
      nameLimit: 256,
      ref: arn('sns', ({ name }) => name),
      attributes: { TopicArn: arn('sns', ({ name }) => name), TopicName: name },
    },
  ],
  [
    'AWS::S3::Bucket',
    {
      nameProperty: 'BucketName',
      nameLimit: 63,
      lowerCase: true,
      ref: name,
      attributes: { Arn: ({ name }) => resolved(`arn:aws:s3:::${name}`) },
    },
  ],
]);
