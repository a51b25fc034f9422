import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import type { IHeaders, Message } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { sampleOrder } from '../../../cli/order/sample-orders.ts';
import { readAssembly } from '../../../local/assembly/read.ts';
import { sentMails } from '../../../local/cli/mailbox.ts';
import { type LocalCloud, startLocalCloud } from '../../../local/cloud.ts';
import { readLocalConfig } from '../../../local/config.ts';
import { startEmbeddedEngine } from '../../../local/engines/embedded.ts';
import { kafkaClient } from '../../../local/kafka/client.ts';
import zoo from '../../fixtures/payload-zoo.json' with { type: 'json' };
import { testAssembly } from '../../support/assembly.ts';
import type { LambdaRecord } from '../../support/kafka-event.ts';

interface Animal {
  readonly name: string;
  readonly outcome: 'done' | 'skipped' | 'unparseable' | 'invalid';
  readonly record: LambdaRecord;
}
/** The file's own type is a union of its forty shapes. */
const animals = zoo as unknown as Animal[];
const NEIGHBOURS = 30;
const CANARIES = ['canary@example.com', 'Cassandra Canary', '7 Canary Wharf'];

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** The zoo among ordinary orders, on a real topic, through the whole local cloud. */
describe('the payload zoo on the topic', { timeout: 120_000 }, () => {
  const dir = mkdtempSync(join(tmpdir(), 'orderly-zoo-'));
  let cloud: LocalCloud;

  beforeAll(async () => {
    cloud = await startLocalCloud({
      loadAssembly: () => readAssembly(testAssembly()),
      startEngine: () =>
        startEmbeddedEngine({
          dataDir: join(dir, 'engine'),
          log: () => undefined,
          progress: () => undefined,
        }),
      config: await readLocalConfig(join(root, 'millrace.json')),
      stateDir: dir,
      port: 0,
      progress: () => undefined,
      log: () => undefined,
    });
    await placeNeighbours(0, NEIGHBOURS / 2);
    await release(animals.map(({ record }) => record));
    await placeNeighbours(NEIGHBOURS / 2, NEIGHBOURS);
    await consumed();
  }, 120_000);

  afterAll(async () => {
    await cloud?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  async function placeNeighbours(from: number, to: number): Promise<void> {
    for (let n = from; n < to; n++) {
      const order = sampleOrder(n, NEIGHBOURS);
      const [email, name, line1] = CANARIES;
      const body = { ...order, email, shippingAddress: { ...order.shippingAddress, name, line1 } };
      const response = await fetch(`${cloud.apis[0]?.url}/orders`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': `neighbour-${n}` },
        body: JSON.stringify(body),
      });
      expect(response.status).toBe(201);
    }
  }

  async function release(records: readonly LambdaRecord[]): Promise<void> {
    const producer = kafkaClient({ ...cloud.engine, clientId: 'zoo' }).producer();
    await producer.connect();
    for (const record of records) {
      await producer.send({ topic: 'orders', messages: [{ ...message(record), partition: 0 }] });
    }
    await producer.disconnect();
  }

  /** Both groups have handled everything, and nothing is in between. */
  async function consumed(): Promise<void> {
    await vi.waitFor(
      async () => {
        const { mappings } = await cloud.status();
        const consumers = mappings.filter(({ source }) => source.startsWith('orders as '));
        expect(consumers).toHaveLength(2);
        for (const { partitions, delivered } of consumers) {
          expect(partitions.map(({ lag }) => lag)).toEqual([0, 0, 0]);
          expect(delivered).toBeGreaterThanOrEqual(NEIGHBOURS + animals.length);
        }
      },
      { timeout: 60_000, interval: 200 },
    );
  }

  async function rows(output: string): Promise<Record<string, string>[]> {
    const { awsEndpoint: endpoint, region } = cloud.engine;
    const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
    const client = new DynamoDBClient({ endpoint, region, credentials });
    const table = cloud.model.outputs[`orderly-orders.${output}`] ?? '';
    const found: Record<string, string>[] = [];
    for await (const { Items = [] } of paginateScan({ client }, { TableName: table })) {
      for (const item of Items) {
        found.push(Object.fromEntries(Object.entries(item).map(([name, value]) => [name, value.S ?? ''])));
      }
    }
    client.destroy();
    return found;
  }

  const outcomes = (wanted: string) => animals.filter(({ outcome }) => outcome === wanted).length;

  it.each(['email-service', 'shipping-service'])(
    'becomes dead letters of %s with their reasons',
    async (group) => {
      const letters = (await rows('DeadLettersTable')).filter(({ consumer }) => consumer === group);
      const reasons = (reason: string) => letters.filter((letter) => letter.reason === reason).length;
      expect({
        unparseable: reasons('unparseable'),
        invalid: reasons('invalid'),
        all: letters.length,
      }).toEqual({
        unparseable: outcomes('unparseable'),
        invalid: outcomes('invalid'),
        all: outcomes('unparseable') + outcomes('invalid'),
      });
    },
  );

  it('costs no neighbour its shipment or mail, and what can be read gets both', async () => {
    const expected = NEIGHBOURS + outcomes('done');
    expect(await rows('ShipmentsTable')).toHaveLength(expected);
    const mails = await sentMails(cloud.engine.awsEndpoint, cloud.engine.account);
    expect(mails).toHaveLength(expected);
    expect(mails.filter(({ To }) => To.includes('canary@example.com'))).toHaveLength(NEIGHBOURS);
  });

  it('leaves no mail address, name or street in any log', () => {
    const files = readdirSync(join(dir, 'logs'));
    expect(files).toHaveLength(4);
    const text = files.map((file) => readFileSync(join(dir, 'logs', file), 'utf8')).join('\n');
    expect(text).toContain('record dead-lettered');
    for (const secret of [...CANARIES, 'Anna Beispiel', 'anna@example.com', 'Musterweg']) {
      expect(text).not.toContain(secret);
    }
  });
});

function message(record: LambdaRecord): Message {
  const bytes = (base64: string | null | undefined) =>
    base64 == null ? null : Buffer.from(base64, 'base64');
  const headers: IHeaders = {};
  for (const header of record.headers) {
    for (const [name, value] of Object.entries(header)) {
      const before = headers[name];
      const now = Buffer.from(Int8Array.from(value ?? []));
      headers[name] = before === undefined ? now : ([before, now].flat() as Buffer[]);
    }
  }
  return { key: bytes(record.key), value: bytes(record.value), headers };
}
