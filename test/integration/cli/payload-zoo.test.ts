import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IHeaders, Message } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sampleOrder } from '../../../cli/order/sample-orders.ts';
import { sentMails } from '../../../local/cli/mailbox.ts';
import type { LocalCloud } from '../../../local/cloud.ts';
import zoo from '../../fixtures/payload-zoo.json' with { type: 'json' };
import { appCloud, caughtUp } from '../../support/app-cloud.ts';
import { scan, testClient } from '../../support/dynamodb.ts';
import type { LambdaRecord } from '../../support/kafka-event.ts';
import { produce } from '../../support/topics.ts';

interface Animal {
  readonly name: string;
  readonly outcome: 'done' | 'skipped' | 'unparseable' | 'invalid';
  readonly record: LambdaRecord;
}
/** The file's own type is a union of its forty shapes. */
const animals = zoo as unknown as Animal[];
const NEIGHBOURS = 30;
const CANARIES = ['canary@example.com', 'Cassandra Canary', '7 Canary Wharf'];

/** The zoo among ordinary orders, on a real topic, through the whole local cloud. */
describe('the payload zoo on the topic', { timeout: 120_000 }, () => {
  const dir = mkdtempSync(join(tmpdir(), 'orderly-zoo-'));
  let cloud: LocalCloud;

  beforeAll(async () => {
    cloud = await appCloud(dir);
    await placeNeighbours(0, NEIGHBOURS / 2);
    const messages = animals.map(({ record }) => ({ ...message(record), partition: 0 }));
    await produce(cloud.engine.bootstrapServers, 'orders', ...messages);
    await placeNeighbours(NEIGHBOURS / 2, NEIGHBOURS);
    await caughtUp(cloud, (mappings) => {
      const consumers = mappings.filter(({ source }) => source.startsWith('orders as '));
      expect(consumers).toHaveLength(3);
      for (const { delivered } of consumers)
        expect(delivered).toBeGreaterThanOrEqual(NEIGHBOURS + animals.length);
    });
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

  const rows = (output: string) =>
    scan(testClient(cloud.engine.awsEndpoint), cloud.model.outputs[`orderly-orders.${output}`] ?? '');
  const outcomes = (wanted: string) => animals.filter(({ outcome }) => outcome === wanted).length;

  it.each(['email-service', 'shipping-service', 'sales-service'])(
    'becomes dead letters of %s with their reasons',
    async (group) => {
      const letters = (await rows('DeadLettersTable')).filter(({ consumer }) => consumer?.S === group);
      const reasons = (reason: string) => letters.filter((letter) => letter.reason?.S === reason).length;
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
    expect(files).toHaveLength(5);
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
