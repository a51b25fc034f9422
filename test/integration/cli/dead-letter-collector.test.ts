import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { LocalCloud } from '../../../local/cloud.ts';
import type { LocalConfig } from '../../../local/config.ts';
import { appCloud, caughtUp } from '../../support/app-cloud.ts';
import { testAssembly } from '../../support/assembly.ts';
import { defectiveAssembly } from '../../support/defective-assembly.ts';
import { scan, testClient } from '../../support/dynamodb.ts';
import { anOrder, placedEvent } from '../../support/orders.ts';
import { testKafka } from '../../support/topics.ts';

const NEIGHBOURS = 20;

/** What ends the process of shipping, and is an ordinary order for email; with bytes that are easily harmed on the way. */
const fatal = {
  key: Buffer.from([0, 0xff, 0x80]),
  value: Buffer.from(placedEvent(anOrder('fatal')).value),
  headers: {
    ...placedEvent(anOrder('fatal')).headers,
    'x-exit': [Buffer.from('ë\0'), Buffer.of()],
  },
};

describe('a record that ends its consumer, from the topic to its letter', { timeout: 120_000 }, () => {
  let dir: string;

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'orderly-collector-'));
    const app = join(dir, 'app');
    await defectiveAssembly(
      testAssembly(),
      app,
      'orderly-orders/Shipping/Function',
      'shipping-that-exits.ts',
    );
    // All the retries that the app allows, with their waits, would take minutes.
    const template = join(app, 'orderly-orders.template.json');
    const original = readFileSync(template, 'utf8');
    const impatient = original.replaceAll(/"MaximumRetryAttempts": \d+/g, '"MaximumRetryAttempts": 1');
    expect(impatient).not.toBe(original);
    writeFileSync(template, impatient);
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  async function startCloud(deadLetters: LocalConfig['emulation']['deadLetters']): Promise<LocalCloud> {
    const cloud = await appCloud(join(dir, deadLetters), {
      app: join(dir, 'app'),
      configured: (config) => ({ ...config, emulation: { ...config.emulation, deadLetters } }),
    });
    onTestFinished(() => cloud.stop());
    return cloud;
  }

  /** The fatal record in the middle of a batch of orders, all in one partition. */
  async function produce({ engine }: LocalCloud): Promise<void> {
    const neighbours = Array.from({ length: NEIGHBOURS }, (_, n) => placedEvent(anOrder(`neighbour-${n}`)));
    const messages = [...neighbours.slice(0, NEIGHBOURS / 2), fatal, ...neighbours.slice(NEIGHBOURS / 2)];
    const producer = testKafka(engine.bootstrapServers).producer();
    await producer.connect();
    await producer.send({
      topic: 'orders',
      messages: messages.map((one) => ({ ...one, value: Buffer.from(one.value), partition: 2 })),
    });
    await producer.disconnect();
  }

  it.each(['per-record', 'per-group'] as const)('by an envelope %s', async (shape) => {
    const cloud = await startCloud(shape);
    await produce(cloud);
    await caughtUp(cloud, (mappings) => {
      for (const { kind, delivered } of mappings) if (kind === 'kafka') expect(delivered).toBeGreaterThan(0);
    });
    const client = testClient(cloud.engine.awsEndpoint);
    const rows = (output: string) => scan(client, cloud.model.outputs[`orderly-orders.${output}`] ?? '');

    const letters = await rows('DeadLettersTable');
    expect(letters).toMatchObject([
      {
        consumer: { S: 'shipping-service' },
        recordId: { S: expect.stringMatching(/^orders-2@10#\d+$/) },
        topic: { S: 'orders' },
        partition: { N: '2' },
        offset: { N: '10' },
        status: { S: 'OPEN' },
        reason: { S: 'retries-exhausted' },
        version: { N: '1' },
        attempts: { N: '1' },
        lambda: {
          M: {
            condition: { S: shape === 'per-record' ? 'RetriesExhausted' : 'RetryAttemptsExhausted' },
            requestId: { S: expect.any(String) },
            functionError: { S: 'Unhandled' },
          },
        },
        source: { S: expect.stringMatching(/^orders\.dead-letters-\d@0$/) },
      },
    ]);
    const { key, value, headers, lambda } = letters[0] ?? {};
    expect([key?.B, value?.B]).toEqual([fatal.key, fatal.value].map((bytes) => new Uint8Array(bytes)));
    expect(headers?.L?.map(({ M }) => [M?.name?.S, Buffer.from(M?.value?.B ?? [])])).toEqual(
      Object.entries(fatal.headers).flatMap(([name, values]) =>
        [values].flat().map((each) => [name, Buffer.from(each)]),
      ),
    );
    // The first delivery, halves of it, and the two of the record alone.
    expect(Number(lambda?.M?.invocations?.N)).toBeGreaterThan(2);

    expect(await rows('ShipmentsTable')).toHaveLength(NEIGHBOURS);
    expect(await rows('EmailLedgerTable')).toHaveLength(NEIGHBOURS + 1);

    const logs = join(dir, shape, 'logs');
    const collector = readdirSync(logs).filter((file) => file.includes('DeadLetterCollector'));
    const lines = collector.map((file) => readFileSync(join(logs, file), 'utf8')).join('');
    expect(lines).toContain('dead letter collected');
    expect(lines).not.toMatch(/Anna|Musterweg/);
  });
});
