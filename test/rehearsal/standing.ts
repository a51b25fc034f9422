import { isDeepStrictEqual } from 'node:util';

/** A resource as a stack lists it. */
export interface StackResource {
  readonly logicalId: string;
  readonly physicalId: string;
  readonly type: string;
  readonly status: string;
}

export interface DeployedTemplate {
  readonly Resources: Readonly<
    Record<
      string,
      { readonly Type: string; readonly Properties?: Properties; readonly DeletionPolicy?: string }
    >
  >;
}
// biome-ignore lint/suspicious/noExplicitAny: a template has no types.
type Properties = Readonly<Record<string, any>>;

/** What the account says of one thing: flat, and comparable with what a template says. */
export type Facts = Readonly<Record<string, unknown>>;

/** What stands in the account: facts of each thing, by CloudFormation's type and by the id that a stack has for it. */
export type Census = Readonly<Record<string, ReadonlyMap<string, Facts>>>;

/** What stands in for a value that the template leaves to the deployment. */
const ANY = Symbol('any value');

/** Says of a template's expression what it comes to: a text, a number, or the physical id of what it refers to. */
type Resolve = (expression: unknown) => unknown;

/**
 * What a template says of a thing, in the words of the census. Left out is what this account doesn't keep: a table's time to
 * live and its protection, the VPC of a function, the topic and group of a mapping, the lifecycle of a bucket.
 */
const SAID: Readonly<Record<string, (properties: Properties, resolve: Resolve) => Facts>> = {
  'AWS::DynamoDB::GlobalTable': (of) => ({
    key: of.KeySchema.map(({ AttributeName }: Properties) => AttributeName),
    stream: of.StreamSpecification?.StreamViewType,
    indexes: (of.GlobalSecondaryIndexes ?? []).map(({ IndexName }: Properties) => IndexName),
  }),
  'AWS::Lambda::Function': (of, resolve) => ({
    runtime: of.Runtime,
    handler: of.Handler,
    timeout: of.Timeout,
    memory: of.MemorySize,
    role: resolve(of.Role),
    logGroup: resolve(of.LoggingConfig?.LogGroup),
    environment: Object.fromEntries(
      Object.entries(of.Environment?.Variables ?? {}).map(([name, value]) => [name, resolve(value)]),
    ),
  }),
  'AWS::Lambda::EventSourceMapping': (of, resolve) => ({
    function: resolve(of.FunctionName),
    batch: of.BatchSize,
    destination: of.DestinationConfig?.OnFailure?.Destination,
    answers: of.FunctionResponseTypes ?? [],
  }),
  'AWS::S3::Bucket': (of) => ({
    private: Object.values(of.PublicAccessBlockConfiguration).every(Boolean),
    encrypted: of.BucketEncryption.ServerSideEncryptionConfiguration.length,
  }),
  'AWS::CloudWatch::Alarm': (of, resolve) => ({
    threshold: of.Threshold,
    periods: of.EvaluationPeriods,
    compares: of.ComparisonOperator,
    silence: of.TreatMissingData,
    tells: of.AlarmActions.map(resolve),
  }),
  'AWS::Logs::LogGroup': (of) => ({ days: of.RetentionInDays }),
  'AWS::SES::EmailIdentity': () => ({}),
  'AWS::MSK::Cluster': (of) => ({
    name: of.ClusterName,
    brokers: of.NumberOfBrokerNodes,
    version: of.KafkaVersion,
    subnets: of.BrokerNodeGroupInfo.ClientSubnets.length,
  }),
  'AWS::EC2::VPC': (of) => ({ block: of.CidrBlock }),
  'AWS::EC2::Subnet': (of, resolve) => ({ block: of.CidrBlock, zone: resolve(of.AvailabilityZone) }),
  'AWS::EC2::SecurityGroup': (of) => ({ description: of.GroupDescription }),
};

/** Policies are told of their role, whichever way the template gives them to it. */
function saidOfRole(id: string, template: DeployedTemplate): Facts {
  const inline = (template.Resources[id]?.Properties?.Policies ?? []) as Properties[];
  const attached = Object.values(template.Resources).filter(
    ({ Type, Properties }) =>
      Type === 'AWS::IAM::Policy' && Properties?.Roles.some(({ Ref }: Properties) => Ref === id),
  );
  const statements = (document: Properties) => document.Statement.length as number;
  return {
    policies: [
      ...inline.map(({ PolicyDocument }) => statements(PolicyDocument)),
      ...attached.map(({ Properties }) => statements(Properties?.PolicyDocument)),
    ].sort(),
  };
}

/** Types whose things a census counts. */
const COUNTED: readonly string[] = [...Object.keys(SAID), 'AWS::IAM::Role'];

/**
 * Where a stack and the account differ from the template, a line for each: resources that the stack lacks or has beside it,
 * that are not complete, that the account doesn't have, or has otherwise.
 */
export function differences(
  template: DeployedTemplate,
  resources: readonly StackResource[],
  census: Census,
): readonly string[] {
  const byId = new Map(resources.map((resource) => [resource.logicalId, resource]));
  const resolve: Resolve = (expression) => {
    if (typeof expression !== 'object' || expression === null) return expression;
    const [[name, argument] = []] = Object.entries(expression);
    const of = name === 'Ref' ? argument : name === 'Fn::GetAtt' && argument[1] === 'Arn' ? argument[0] : '';
    return byId.get(of)?.physicalId ?? ANY;
  };
  const found: string[] = [];
  for (const [id, { Type, Properties = {} }] of Object.entries(template.Resources)) {
    const resource = byId.get(id);
    if (resource?.type !== Type) {
      found.push(`${id} (${Type}) is not in the stack`);
      continue;
    }
    if (!/^(CREATE|UPDATE)_COMPLETE$/.test(resource.status)) found.push(`${id} is ${resource.status}`);
    const said = Type === 'AWS::IAM::Role' ? saidOfRole(id, template) : SAID[Type]?.(Properties, resolve);
    if (said === undefined) continue;
    const stands = census[Type]?.get(resource.physicalId);
    if (stands === undefined) found.push(`${id}: the account has no ${Type} ${resource.physicalId}`);
    for (const [fact, expected] of Object.entries(stands === undefined ? {} : said))
      if (!comesTo(expected, stands?.[fact]))
        found.push(`${id}: ${fact} is ${text(stands?.[fact])}, and in the template ${text(expected)}`);
  }
  for (const { logicalId, type } of resources)
    if (!(logicalId in template.Resources)) found.push(`${logicalId} (${type}) is not in the template`);
  return found;
}

/** Whether a value is the expected one; a physical id may stand inside of a longer name of the same thing, its ARN. */
function comesTo(expected: unknown, actual: unknown): boolean {
  if (expected === ANY) return actual !== undefined;
  // What a template leaves out is the service's to choose.
  if (expected === undefined) return true;
  if (Array.isArray(expected) && Array.isArray(actual))
    return expected.length === actual.length && expected.every((each, index) => comesTo(each, actual[index]));
  if (isRecord(expected) && isRecord(actual))
    return (
      Object.keys({ ...expected, ...actual }).length === Object.keys(expected).length &&
      Object.entries(expected).every(([name, each]) => comesTo(each, actual[name]))
    );
  if (typeof expected === 'string' && typeof actual === 'string')
    return actual === expected || actual.endsWith(`:${expected}`) || actual.endsWith(`/${expected}`);
  return isDeepStrictEqual(expected, actual);
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const text = (value: unknown): string =>
  JSON.stringify(value, (_, inner) => (inner === ANY ? 'any' : inner)) ?? 'nothing';

/** `type id` of everything that one census counts and the other doesn't, sorted. */
export function beyond(census: Census, before: Census): readonly string[] {
  return COUNTED.flatMap((type) =>
    [...(census[type]?.keys() ?? [])].filter((id) => !before[type]?.has(id)).map((id) => `${type} ${id}`),
  ).sort();
}

/** `type id` of everything counted that a stack leaves behind when it is deleted, by its template, sorted. */
export function meantToStay(
  template: DeployedTemplate,
  resources: readonly StackResource[],
): readonly string[] {
  return resources
    .filter(
      ({ logicalId, type }) =>
        COUNTED.includes(type) && /^Retain/.test(template.Resources[logicalId]?.DeletionPolicy ?? ''),
    )
    .map(({ type, physicalId }) => `${type} ${physicalId}`)
    .sort();
}
