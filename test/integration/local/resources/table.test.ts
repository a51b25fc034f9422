import { randomUUID } from 'node:crypto';
import {
  DeleteTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  PutItemCommand,
  ScanCommand,
} from '@aws-sdk/client-dynamodb';
import { describe, expect, it, onTestFinished } from 'vitest';
import { provision } from '../../../../local/resources/registry.ts';
import type { IndexModel, TableModel } from '../../../../local/resources/table.ts';
import { provisioningEngine, testEngines } from '../../../support/engines.ts';

const region = 'us-east-1';

for (const engine of ['ministack', 'dynamodbLocal'] as const) {
  describe(`tables on ${engine}`, () => {
    function outbox(): {
      client: DynamoDBClient;
      made: (table?: TableModel) => Promise<string | undefined>;
      model: TableModel;
    } {
      const endpoint = testEngines()[engine];
      const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
      const client = new DynamoDBClient({ endpoint, region, credentials });
      const model: TableModel = {
        logicalId: 'Outbox',
        path: 'Stack/Outbox',
        name: `outbox-${randomUUID()}`,
        keys: [
          { name: 'orderId', role: 'HASH', type: 'S' },
          { name: 'seq', role: 'RANGE', type: 'N' },
        ],
        indexes: [],
        streamView: 'NEW_IMAGE',
        timeToLiveAttribute: 'expiresAt',
      };
      onTestFinished(async () => {
        await client.send(new DeleteTableCommand({ TableName: model.name }));
        client.destroy();
      });
      const made = async (table = model) => {
        const known = await provision(provisioningEngine({ awsEndpoint: endpoint }), { tables: [table] });
        return known.streamArn?.(table.name);
      };
      return { client, made, model };
    }

    it('are made with key, stream and time to live, and kept when made again', async () => {
      const { client, made, model } = outbox();
      const first = await made();
      expect(first).toMatch(new RegExp(`:table/${model.name}/stream/`));

      const Item = { orderId: { S: 'ord_1' }, seq: { N: '1' } };
      await client.send(new PutItemCommand({ TableName: model.name, Item }));
      const second = await made();

      expect(second).toBe(first);
      expect((await client.send(new ScanCommand({ TableName: model.name }))).Items).toEqual([Item]);
      const { TimeToLiveDescription: ttl } = await client.send(
        new DescribeTimeToLiveCommand({ TableName: model.name }),
      );
      expect(ttl).toMatchObject({ AttributeName: 'expiresAt', TimeToLiveStatus: 'ENABLED' });
    });

    it('are made with an index that has what is projected into it', async () => {
      const { client, made, model } = outbox();
      const byCity: IndexModel = {
        name: 'byCity',
        keys: [{ name: 'city', role: 'HASH', type: 'S' }],
        projection: 'INCLUDE',
        included: ['name'],
      };
      await made({ ...model, indexes: [byCity] });
      await made({ ...model, indexes: [byCity] });
      const item = (seq: string, attributes: Record<string, string>) => ({
        orderId: { S: 'ord_1' },
        seq: { N: seq },
        ...Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, { S: value }])),
      });
      for (const Item of [item('1', { city: 'Kyoto', name: 'a', other: 'b' }), item('2', { name: 'c' })]) {
        await client.send(new PutItemCommand({ TableName: model.name, Item }));
      }
      const { Items } = await client.send(new ScanCommand({ TableName: model.name, IndexName: 'byCity' }));
      expect(Items).toEqual([item('1', { city: 'Kyoto', name: 'a' })]);
    });

    it('are refused where they exist without the index', async () => {
      const { made, model } = outbox();
      await made();
      const keys = model.keys.slice(0, 1);
      const changed: TableModel = {
        ...model,
        indexes: [{ name: 'byOrder', keys, projection: 'ALL', included: [] }],
      };
      await expect(made(changed)).rejects.toMatchObject({
        message: `Table ${model.name} (Stack/Outbox) exists with no index byOrder.`,
        remedy: [expect.stringContaining('millrace reset')],
      });
    });

    it('get a stream later, if the model has one by then', async () => {
      const { made, model } = outbox();
      const without = await made({ ...model, streamView: undefined });
      expect(without).toBeUndefined();
      const withStream = await made();
      expect(withStream).toContain('/stream/');
    });

    it('are refused where they exist with another key', async () => {
      const { made, model } = outbox();
      await made();
      const changed = { ...model, keys: model.keys.slice(0, 1) };
      await expect(made(changed)).rejects.toMatchObject({
        code: 'PROVISIONING_FAILED',
        message: `Table ${model.name} (Stack/Outbox) exists with the key orderId HASH S, seq RANGE N, modelled is orderId HASH S.`,
        remedy: [expect.stringContaining('millrace reset')],
      });
    });
  });
}
