import { randomUUID } from 'node:crypto';
import {
  CreateTableCommand,
  DeleteItemCommand,
  DeleteTableCommand,
  DescribeTableCommand,
  PutItemCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { onTestFinished } from 'vitest';
import { startStreamEventSource } from '../../../../../local/event-sources/dynamodb-stream/source.ts';
import type { CheckpointStore } from '../../../../../local/event-sources/remembered.ts';
import type { StreamMappingModel } from '../../../../../local/resources/stream-mapping.ts';
import { testClient } from '../../../../support/dynamodb.ts';
import { type TestEngines, testEngines } from '../../../../support/engines.ts';
import { aMapping } from '../../../../support/mappings.ts';
import { fakeFunction } from '../fake-function.ts';

export interface StreamEvent {
  readonly Records: readonly {
    readonly eventName: string;
    readonly dynamodb: {
      readonly SequenceNumber: string;
      readonly Keys: { readonly pk: { readonly S: string } };
    };
  }[];
}
export const keysOf = (...events: StreamEvent[]) =>
  events.flatMap((event) => event.Records.map((record) => record.dynamodb.Keys.pk.S));
export const sequenceNumberOf = (event: StreamEvent, key: string) =>
  event.Records.find((record) => record.dynamodb.Keys.pk.S === key)?.dynamodb.SequenceNumber;

/** A table with a stream, and sources on it that stop when the test ends. */
export async function running(
  engine: keyof Omit<TestEngines, 'bootstrapServers'>,
  changes: Partial<StreamMappingModel> = {},
) {
  const endpoint = testEngines()[engine];
  const client = testClient(endpoint);
  const TableName = `test-${randomUUID()}`;
  await client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
      StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
    }),
  );
  onTestFinished(async () => {
    await client.send(new DeleteTableCommand({ TableName }));
  });
  await waitUntilTableExists({ client, maxWaitTime: 10, minDelay: 0.05, maxDelay: 0.05 }, { TableName });
  const { Table } = await client.send(new DescribeTableCommand({ TableName }));
  const mapping: StreamMappingModel = {
    ...aMapping('relay'),
    kind: 'dynamodb-stream',
    streamArn: Table?.LatestStreamArn ?? '',
    tableName: TableName,
    startingPosition: { at: 'TRIM_HORIZON' },
    filters: [],
    ...changes,
  };
  const positions = new Map<string, string>();
  const store: CheckpointStore = {
    load: (key) => positions.get(key),
    save: (key, sequenceNumber) => void positions.set(key, sequenceNumber),
  };
  const fn = fakeFunction<StreamEvent>();
  const time = { aheadMs: 0 };
  const log: string[] = [];
  return {
    mapping,
    fn,
    /** How far the source's clock is ahead. */
    time,
    log,
    async start(checkpoints = store) {
      const source = await startStreamEventSource(mapping, {
        awsEndpoint: endpoint,
        region: 'us-east-1',
        invoke: fn.invoke,
        clock: () => Date.now() + time.aheadMs,
        random: () => 0,
        log: (line) => log.push(line),
        checkpoints,
      });
      onTestFinished(() => source.stop());
      return source;
    },
    checkpoint: () => [...positions.values()].at(-1),
    async put(...keys: string[]) {
      for (const pk of keys) {
        const Item = { pk: { S: pk }, n: { N: '7' }, b: { B: Buffer.from([0, 255]) } };
        await client.send(new PutItemCommand({ TableName, Item }));
      }
    },
    async remove(pk: string) {
      await client.send(new DeleteItemCommand({ TableName, Key: { pk: { S: pk } } }));
    },
  };
}
