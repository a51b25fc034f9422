import type {
  CreateTableCommandInput,
  DynamoDB,
  GlobalSecondaryIndex,
  KeySchemaElement,
  TableDescription,
} from '@aws-sdk/client-dynamodb';
import { z } from 'zod';
import type { Resource } from '../assembly/assembly.ts';
import { findingOn } from '../assembly/findings.ts';
import { type Resolution, resolved, unresolved, whenResolved } from '../assembly/resolution.ts';
import type { EngineFacts, Scope } from '../assembly/scope.ts';
import { toRun } from '../command-line.ts';
import { LocalCloudError } from '../errors.ts';
import { environmentTexts } from './function.ts';
import {
  booleanInTemplate,
  encryption,
  harmless,
  honoured,
  iam,
  label,
  listOf,
  metrics,
  optionalParts,
  type Property,
  readProperties,
  refused,
  requiredParts,
  textInTemplate,
  throughput,
} from './properties.ts';
import {
  arn,
  clientConfig,
  type Identity,
  name,
  type Part,
  type ProvisioningEngine,
  placeOf,
  type Reading,
  type ResourceType,
  readEach,
  type TypeFacts,
  withClient,
} from './resource-type.ts';

interface KeyElement {
  readonly name: string;
  readonly role: 'HASH' | 'RANGE';
  readonly type: 'S' | 'N' | 'B';
}

/** A global secondary index of a table. */
export interface IndexModel {
  readonly name: string;
  readonly keys: readonly KeyElement[];
  readonly projection: 'ALL' | 'KEYS_ONLY' | 'INCLUDE';
  /** Attributes that it has beside its keys, where the projection is `INCLUDE`. */
  readonly included: readonly string[];
}

type StreamView = 'KEYS_ONLY' | 'NEW_IMAGE' | 'OLD_IMAGE' | 'NEW_AND_OLD_IMAGES';

/** A DynamoDB table; always on demand here. */
export interface TableModel extends Part {
  readonly name: string;
  readonly keys: readonly KeyElement[];
  readonly indexes: readonly IndexModel[];
  readonly streamView: StreamView | undefined;
  readonly timeToLiveAttribute: string | undefined;
}

const deletion = 'what is kept here is decided by the one who runs it';

/** Key attributes with their roles, as tables and their indexes have them. */
const keySchema = z
  .array(z.object({ AttributeName: textInTemplate, KeyType: z.enum(['HASH', 'RANGE']) }))
  .min(1);

const indexes = listOf({
  IndexName: honoured(textInTemplate),
  KeySchema: honoured(keySchema),
  Projection: requiredParts({
    NonKeyAttributes: honoured(z.array(textInTemplate).default([])),
    ProjectionType: honoured(z.enum(['ALL', 'KEYS_ONLY', 'INCLUDE']).default('ALL')),
  }),
  ...metrics('ContributorInsightsSpecification'),
  ...throughput(
    'OnDemandThroughput',
    'ProvisionedThroughput',
    'ReadOnDemandThroughputSettings',
    'ReadProvisionedThroughputSettings',
    'WarmThroughput',
    'WriteOnDemandThroughputSettings',
    'WriteProvisionedThroughputSettings',
  ),
});

const streamSpecification = optionalParts({
  // Left out, a global table's stream has both images: "StreamSpecification" of AWS::DynamoDB::GlobalTable.
  StreamViewType: honoured(
    z.enum(['KEYS_ONLY', 'NEW_IMAGE', 'OLD_IMAGE', 'NEW_AND_OLD_IMAGES']).default('NEW_AND_OLD_IMAGES'),
  ),
  ...iam('ResourcePolicy'),
});

const anyTable = {
  AttributeDefinitions: honoured(
    z.array(z.object({ AttributeName: textInTemplate, AttributeType: z.enum(['S', 'N', 'B']) })).default([]),
  ),
  KeySchema: honoured(keySchema),
  GlobalSecondaryIndexes: indexes,
  StreamSpecification: streamSpecification,
  TableName: honoured(),
  TimeToLiveSpecification: optionalParts({
    AttributeName: honoured(textInTemplate.optional()),
    Enabled: honoured(booleanInTemplate.default(true)),
  }),
  ...refused('local secondary indexes are not created here', 'LocalSecondaryIndexes'),
  ...throughput('BillingMode', 'WarmThroughput'),
  ...encryption('SSESpecification'),
};

/** What `AWS::DynamoDB::Table` and a replica of `AWS::DynamoDB::GlobalTable` both have. */
const perRegion = {
  ...refused('changes are not sent to a Kinesis stream here', 'KinesisStreamSpecification'),
  ...harmless(deletion, 'DeletionProtectionEnabled'),
  ...harmless('a local table is not backed up', 'PointInTimeRecoverySpecification'),
  ...metrics('ContributorInsightsSpecification'),
  ...iam('ResourcePolicy'),
  ...throughput('TableClass'),
  ...label('Tags'),
};

/** `AWS::DynamoDB::Table` */
const tableProperties = {
  ...anyTable,
  ...perRegion,
  ...refused('the table is not filled from S3 here', 'ImportSourceSpecification'),
  ...throughput('OnDemandThroughput', 'ProvisionedThroughput'),
};

/** `AWS::DynamoDB::GlobalTable` */
const globalTableProperties = {
  ...anyTable,
  Replicas: listOf({
    ...perRegion,
    ReplicaStreamSpecification: streamSpecification,
    ...harmless(deletion, 'DisassociationProtectionEnabled'),
    ...harmless('throughput and metrics of an index in one region', 'GlobalSecondaryIndexes'),
    ...harmless('there is one region here', 'Region'),
    ...throughput('ReadOnDemandThroughputSettings', 'ReadProvisionedThroughputSettings'),
    ...encryption('SSESpecification'),
  }),
  ...harmless('there is one region here', 'MultiRegionConsistency', 'GlobalTableWitnesses'),
  ...throughput(
    'ReadOnDemandThroughputSettings',
    'ReadProvisionedThroughputSettings',
    'WriteOnDemandThroughputSettings',
    'WriteProvisionedThroughputSettings',
  ),
};

/** Types by attribute, as `AttributeDefinitions` gives them. */
type AttributeTypes = ReadonlyMap<string, KeyElement['type']>;

/** Key elements with their types; `undefined` if one has none. */
function keysOf(schema: z.infer<typeof keySchema>, types: AttributeTypes): KeyElement[] | undefined {
  const keys = schema.flatMap(({ AttributeName, KeyType }): KeyElement[] => {
    const type = types.get(AttributeName);
    return type === undefined ? [] : [{ name: AttributeName, role: KeyType, type }];
  });
  return keys.length < schema.length ? undefined : keys;
}

type IndexValues = typeof indexes extends Property<readonly (infer Values)[]> ? Values : never;

/** Indexes with their keys; `undefined` if a key attribute has no type. */
function indexesOf(indexes: readonly IndexValues[], types: AttributeTypes): IndexModel[] | undefined {
  const models = indexes.flatMap(({ IndexName, KeySchema, Projection }): IndexModel[] => {
    const keys = keysOf(KeySchema, types);
    if (keys === undefined) return [];
    const { ProjectionType: projection, NonKeyAttributes: included } = Projection;
    return [{ name: IndexName, keys, projection, included }];
  });
  return models.length < indexes.length ? undefined : models;
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

const typeFacts: TypeFacts = {
  nameProperty: 'TableName',
  nameLimit: 255,
  ref: name,
  attributes: { Arn: arn('dynamodb', ({ name }) => `table/${name}`), StreamArn: streamArn },
};

/** Both kinds of DynamoDB table: there is one region here. Tables that exist are adopted with their items. */
export const tables: ResourceType<TableModel> = {
  word: 'table',
  types: { 'AWS::DynamoDB::Table': typeFacts, 'AWS::DynamoDB::GlobalTable': typeFacts },
  uniqueName: 'TableName',
  namesInUse: environmentTexts,
  read: ({ scope, ofType }) =>
    readEach(ofType('AWS::DynamoDB::Table', 'AWS::DynamoDB::GlobalTable'), (resource) =>
      tableOf(scope, resource),
    ),
  provision: provisionTables,
};

/** Reads an `AWS::DynamoDB::Table` or `AWS::DynamoDB::GlobalTable`; `model` is `undefined` if it cannot be created. */
function tableOf(scope: Scope, resource: Resource): Reading<TableModel> {
  const properties = resource.type === 'AWS::DynamoDB::Table' ? tableProperties : globalTableProperties;
  const { value, findings } = readProperties(scope, resource, properties);
  if (value === undefined) return { model: undefined, findings };
  const types = new Map(
    value.AttributeDefinitions.map(({ AttributeName, AttributeType }) => [AttributeName, AttributeType]),
  );
  const keys = keysOf(value.KeySchema, types);
  const indexes = indexesOf(value.GlobalSecondaryIndexes, types);
  if (keys === undefined || indexes === undefined) {
    const property = keys === undefined ? 'KeySchema' : 'GlobalSecondaryIndexes';
    const message = 'a key attribute has no type in AttributeDefinitions';
    return { model: undefined, findings: [...findings, findingOn(resource, property, message)] };
  }
  const ttl = value.TimeToLiveSpecification;
  return {
    model: {
      ...placeOf(resource),
      name: scope.identity(resource).name,
      keys,
      indexes,
      streamView: value.StreamSpecification?.StreamViewType,
      timeToLiveAttribute: ttl?.Enabled === true ? ttl.AttributeName : undefined,
    },
    findings,
  };
}

/**
 * Makes the tables exist as modelled, each with its indexes, its stream and its time to live, and tells the streams' ARNs.
 * One that exists with another key, without an index or with another stream view is refused with PROVISIONING_FAILED.
 */
async function provisionTables(
  engine: ProvisioningEngine,
  models: readonly TableModel[],
): Promise<Pick<EngineFacts, 'streamArn'>> {
  const { DynamoDB, waitUntilTableExists } = await import('@aws-sdk/client-dynamodb');
  const streams = await withClient(new DynamoDB(clientConfig(engine)), models, async (client, model) => {
    try {
      await createOrAdopt(client, model);
      await waitUntilTableExists({ client, minDelay: 1, maxWaitTime: 60 }, { TableName: model.name });
      const { LatestStreamArn } = await describe(client, model.name);
      if (model.timeToLiveAttribute !== undefined)
        await enableTimeToLive(client, model.name, model.timeToLiveAttribute);
      return [model.name, model.streamView === undefined ? undefined : LatestStreamArn] as const;
    } catch (cause) {
      if (cause instanceof LocalCloudError) throw cause;
      const message = `Table ${model.name} (${model.path}) could not be made.`;
      throw new LocalCloudError('PROVISIONING_FAILED', message, { cause });
    }
  });
  const arns = new Map(streams);
  return { streamArn: (table) => arns.get(table) };
}

async function createOrAdopt(client: DynamoDB, model: TableModel): Promise<void> {
  try {
    await client.createTable(creation(model));
  } catch (error) {
    if (!(error instanceof Error && error.name === 'ResourceInUseException')) throw error;
    const existing = await describe(client, model.name);
    const difference = tableDifference(existing, model);
    if (difference !== undefined) throw cannotAdopt(model, difference);
    if (model.streamView !== undefined && !existing.StreamSpecification?.StreamEnabled) {
      await client.updateTable({ TableName: model.name, ...stream(model.streamView) });
    }
  }
}

function creation(model: TableModel): CreateTableCommandInput {
  return {
    TableName: model.name,
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: schemaOf(model.keys),
    AttributeDefinitions: attributesOf(model).map(({ name, type }) => ({
      AttributeName: name,
      AttributeType: type,
    })),
    ...(model.indexes.length === 0 ? {} : { GlobalSecondaryIndexes: model.indexes.map(indexCreation) }),
    ...(model.streamView === undefined ? {} : stream(model.streamView)),
  };
}

/** DynamoDB wants each attribute once, however many keys have it. */
function attributesOf({ keys, indexes }: TableModel): readonly KeyElement[] {
  const all = [...keys, ...indexes.flatMap((one) => one.keys)];
  return [...new Map(all.map((key) => [key.name, key])).values()];
}

function indexCreation({ name, keys, projection, included }: IndexModel): GlobalSecondaryIndex {
  return {
    IndexName: name,
    KeySchema: schemaOf(keys),
    Projection: {
      ProjectionType: projection,
      ...(projection === 'INCLUDE' && { NonKeyAttributes: [...included] }),
    },
  };
}

const schemaOf = (keys: readonly KeyElement[]) =>
  keys.map(({ name, role }) => ({ AttributeName: name, KeyType: role }));

function stream(view: StreamView) {
  return { StreamSpecification: { StreamEnabled: true, StreamViewType: view } };
}

async function describe(client: DynamoDB, TableName: string): Promise<TableDescription> {
  const { Table } = await client.describeTable({ TableName });
  return Table ?? {};
}

/** DynamoDB refuses to enable what is enabled. */
async function enableTimeToLive(client: DynamoDB, TableName: string, AttributeName: string): Promise<void> {
  const { TimeToLiveDescription: now } = await client.describeTimeToLive({ TableName });
  if (now?.AttributeName === AttributeName && now.TimeToLiveStatus !== 'DISABLED') return;
  await client.updateTimeToLive({ TableName, TimeToLiveSpecification: { AttributeName, Enabled: true } });
}

function cannotAdopt(model: TableModel, difference: string): LocalCloudError {
  return new LocalCloudError(
    'PROVISIONING_FAILED',
    `Table ${model.name} (${model.path}) exists with ${difference}.`,
    { remedy: [`Forget the local data and start again: ${toRun('reset')}`] },
  );
}

/** In what an existing table differs from its model so that it can't be adopted, in words; undefined if it can be. */
export function tableDifference(existing: TableDescription, model: TableModel): string | undefined {
  const found = keyOf(existing.KeySchema, existing);
  const wanted = describeKeys(model.keys);
  if (found !== wanted) return `the key ${found}, modelled is ${wanted}`;

  for (const index of model.indexes) {
    const difference = indexDifference(existing, index);
    if (difference !== undefined) return difference;
  }

  const view = existing.StreamSpecification?.StreamEnabled
    ? existing.StreamSpecification.StreamViewType
    : undefined;
  if (view !== undefined && model.streamView !== undefined && view !== model.streamView) {
    return `the stream view ${view}, modelled is ${model.streamView}`;
  }
  return undefined;
}

function indexDifference(existing: TableDescription, model: IndexModel): string | undefined {
  const index = existing.GlobalSecondaryIndexes?.find(({ IndexName }) => IndexName === model.name);
  if (index === undefined) return `no index ${model.name}`;
  const { ProjectionType = 'ALL', NonKeyAttributes = [] } = index.Projection ?? {};
  const found = `${keyOf(index.KeySchema, existing)} with ${describeProjection(ProjectionType, NonKeyAttributes)}`;
  const wanted = `${describeKeys(model.keys)} with ${describeProjection(model.projection, model.included)}`;
  return found === wanted ? undefined : `the index ${model.name} on ${found}, modelled is ${wanted}`;
}

function keyOf(
  schema: readonly KeySchemaElement[] = [],
  { AttributeDefinitions = [] }: TableDescription,
): string {
  const typeOf = new Map(
    AttributeDefinitions.map((attribute) => [attribute.AttributeName, attribute.AttributeType]),
  );
  return schema
    .map((key) => `${key.AttributeName} ${key.KeyType} ${typeOf.get(key.AttributeName)}`)
    .join(', ');
}

function describeKeys(keys: TableModel['keys']): string {
  return keys.map(({ name, role, type }) => `${name} ${role} ${type}`).join(', ');
}

function describeProjection(projection: string, included: readonly string[]): string {
  return projection === 'INCLUDE' ? `INCLUDE ${[...included].sort().join(' ')}` : projection;
}
