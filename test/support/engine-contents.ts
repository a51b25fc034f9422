import { DynamoDBClient, paginateListTables } from '@aws-sdk/client-dynamodb';
import { ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import type { EngineAddresses } from '../../local/engines/engine.ts';
import { kafkaClient } from '../../local/kafka/client.ts';

/** Names of what an engine has, sorted; Kafka's own topics are left out. */
export interface EngineContents {
  readonly topics: readonly string[];
  readonly groups: readonly string[];
  readonly tables: readonly string[];
  readonly buckets: readonly string[];
}

/** Asks an engine for all that it has. */
export async function contentsOf(engine: EngineAddresses): Promise<EngineContents> {
  const { bootstrapServers, awsEndpoint: endpoint } = engine;
  const admin = kafkaClient({ bootstrapServers, clientId: 'test' }).admin();
  const config = { endpoint, region: 'us-east-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } };
  const dynamodb = new DynamoDBClient(config);
  const s3 = new S3Client({ ...config, forcePathStyle: true });
  try {
    await admin.connect();
    const tables: string[] = [];
    for await (const { TableNames = [] } of paginateListTables({ client: dynamodb }, {}))
      tables.push(...TableNames);
    const { Buckets = [] } = await s3.send(new ListBucketsCommand({}));
    return {
      topics: (await admin.listTopics()).filter((name) => !name.startsWith('__')).sort(),
      groups: (await admin.listGroups()).groups.map(({ groupId }) => groupId).sort(),
      tables: tables.sort(),
      buckets: Buckets.map(({ Name = '' }) => Name).sort(),
    };
  } finally {
    await admin.disconnect();
    dynamodb.destroy();
    s3.destroy();
  }
}
