import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  type GlobalSecondaryIndex,
  ResourceInUseException,
  type TableDescription,
  UpdateTableCommand,
  UpdateTimeToLiveCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import type { IndexModel, KeyElement, StreamView, TableModel } from '../assembly/model.ts';
import { toRun } from '../command-line.ts';
import { LocalCloudError } from '../errors.ts';
import { tableDifference } from './table-difference.ts';

/**
 * Makes the tables exist as modelled, each with its indexes, its stream and its time to live, and tells the streams' ARNs
 * by table name. Tables that exist are adopted with their items; one with another key, without an index or with another
 * stream view is refused with PROVISIONING_FAILED.
 */
export async function provisionTables(
  endpoint: string,
  region: string,
  tables: readonly TableModel[],
): Promise<ReadonlyMap<string, string>> {
  const client = new DynamoDBClient({
    endpoint,
    region,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  try {
    const provisioned = await Promise.all(tables.map((table) => provisionTable(client, table)));
    return new Map(
      provisioned.flatMap(({ name, streamArn }) => (streamArn === undefined ? [] : [[name, streamArn]])),
    );
  } finally {
    client.destroy();
  }
}

async function provisionTable(client: DynamoDBClient, model: TableModel) {
  try {
    await createOrAdopt(client, model);
    const table = await describe(client, model.name);
    if (model.timeToLiveAttribute !== undefined)
      await enableTimeToLive(client, model.name, model.timeToLiveAttribute);
    return {
      name: model.name,
      streamArn: model.streamView === undefined ? undefined : table.LatestStreamArn,
    };
  } catch (error) {
    if (error instanceof LocalCloudError) throw error;
    throw new LocalCloudError(
      'PROVISIONING_FAILED',
      `Table ${model.name} (${model.path}) could not be made.`,
      {
        cause: error,
      },
    );
  }
}

async function createOrAdopt(client: DynamoDBClient, model: TableModel): Promise<void> {
  try {
    await client.send(new CreateTableCommand(creation(model)));
  } catch (error) {
    if (!(error instanceof ResourceInUseException)) throw error;
    const existing = await describe(client, model.name);
    const difference = tableDifference(existing, model);
    if (difference !== undefined) throw refused(model, difference);
    if (model.streamView !== undefined && !existing.StreamSpecification?.StreamEnabled) {
      await client.send(new UpdateTableCommand({ TableName: model.name, ...stream(model.streamView) }));
    }
  }
  await waitUntilTableExists({ client, minDelay: 1, maxWaitTime: 60 }, { TableName: model.name });
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
    ...(model.indexes.length === 0 ? {} : { GlobalSecondaryIndexes: model.indexes.map(index) }),
    ...(model.streamView === undefined ? {} : stream(model.streamView)),
  };
}

/** DynamoDB wants each attribute once, however many keys have it. */
function attributesOf({ keys, indexes }: TableModel): readonly KeyElement[] {
  const all = [...keys, ...indexes.flatMap((one) => one.keys)];
  return [...new Map(all.map((key) => [key.name, key])).values()];
}

function index({ name, keys, projection, included }: IndexModel): GlobalSecondaryIndex {
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

async function describe(client: DynamoDBClient, TableName: string): Promise<TableDescription> {
  const { Table } = await client.send(new DescribeTableCommand({ TableName }));
  return Table ?? {};
}

/** DynamoDB refuses to enable what is enabled. */
async function enableTimeToLive(
  client: DynamoDBClient,
  TableName: string,
  AttributeName: string,
): Promise<void> {
  const { TimeToLiveDescription: now } = await client.send(new DescribeTimeToLiveCommand({ TableName }));
  if (now?.AttributeName === AttributeName && now.TimeToLiveStatus !== 'DISABLED') return;
  await client.send(
    new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification: { AttributeName, Enabled: true } }),
  );
}

function refused(model: TableModel, difference: string): LocalCloudError {
  return new LocalCloudError(
    'PROVISIONING_FAILED',
    `Table ${model.name} (${model.path}) exists with ${difference}.`,
    { remedy: [`Forget the local data and start again: ${toRun('reset')}`] },
  );
}
