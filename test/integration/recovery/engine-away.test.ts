import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { expect, onTestFinished, test, vi } from 'vitest';
import { startEmbeddedEngine } from '../../../local/engines/embedded.ts';
import type { Engine } from '../../../local/engines/engine.ts';
import { freePorts } from '../../../local/engines/ports.ts';
import { startStreamEventSource } from '../../../local/event-sources/dynamodb-stream/source.ts';
import { provision } from '../../../local/resources/registry.ts';
import { testClient } from '../../support/dynamodb.ts';
import { provisioningEngine } from '../../support/engines.ts';
import { aMapping } from '../../support/mappings.ts';
import { fakeFunction } from '../local/event-sources/fake-function.ts';
import { offsetsOf, running } from '../local/event-sources/kafka/running.ts';

/** Longer than the longest pause between two attempts of a reader, several times over. */
const AWAY_MS = 15_000;
const TABLE = 'outbox';

const inTime = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: 60_000, interval: 50 });

interface StreamEvent {
  readonly Records: readonly {
    readonly dynamodb: { readonly Keys: { readonly pk: { readonly S: string } } };
  }[];
}

test('both kinds of mapping go on after an engine that was away', { timeout: 180_000 }, async () => {
  const { engine, start } = await ownEngine();
  const kafka = await running(1, {}, engine);
  const stream = await streamMapping(engine);
  const topicSource = await kafka.start();
  const states = async () => [
    (await topicSource.status()).lastProcessingResult,
    (await stream.source.status()).lastProcessingResult,
  ];
  await kafka.send(0, 'before');
  await stream.put('before');
  await inTime(async () => {
    expect(await kafka.committed()).toEqual([1]);
    expect(stream.delivered()).toEqual(['before']);
  });

  await engine.stop();
  await delay(AWAY_MS);
  expect(await states()).toEqual([
    expect.stringMatching(/^PROBLEM: Connection error/),
    expect.stringMatching(/^PROBLEM: /),
  ]);

  await start();
  await kafka.send(0, 'after');
  await stream.put('after');
  await inTime(async () => {
    expect(await kafka.committed()).toEqual([2]);
    expect(stream.delivered()).toEqual(['before', 'after']);
  });
  expect(offsetsOf(kafka.fn.events, 0)).toEqual([0, 1]);
  expect(await states()).toEqual(['OK', 'OK']);
});

/** An engine that can be started again on the same ports, over what it left on disk; gone when the test ends. */
async function ownEngine(): Promise<{ readonly engine: Engine; start(): Promise<void> }> {
  const dataDir = await mkdtemp(join(tmpdir(), 'orderly-recovery-'));
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
  const [kafka = 0, aws = 0] = await freePorts(2);
  const options = { dataDir, ports: { kafka, aws }, log: () => undefined, progress: () => undefined };
  let running = await startEmbeddedEngine(options);
  onTestFinished(() => running.stop());
  return {
    engine: running,
    async start() {
      running = await startEmbeddedEngine(options);
    },
  };
}

/** A table, and a mapping at work on its stream. */
async function streamMapping({ awsEndpoint, region }: Engine) {
  const named = { logicalId: 'Mapping', path: 'Test/Mapping' };
  const table = { ...named, name: TABLE, keys: [{ name: 'pk', role: 'HASH', type: 'S' }] } as const;
  const { streamArn } = await provision(provisioningEngine({ awsEndpoint }), {
    tables: [{ ...table, indexes: [], streamView: 'NEW_IMAGE', timeToLiveAttribute: undefined }],
  });
  const client = testClient(awsEndpoint);
  const positions = new Map<string, string>();
  const fn = fakeFunction<StreamEvent>();
  const source = await startStreamEventSource(
    {
      ...aMapping('relay'),
      kind: 'dynamodb-stream',
      streamArn: streamArn?.(TABLE) ?? '',
      tableName: TABLE,
      startingPosition: { at: 'TRIM_HORIZON' },
      filters: [],
    },
    {
      awsEndpoint,
      region,
      invoke: fn.invoke,
      clock: Date.now,
      random: () => 0,
      log: () => undefined,
      checkpoints: { load: (key) => positions.get(key), save: (key, last) => void positions.set(key, last) },
    },
  );
  onTestFinished(() => source.stop());
  return {
    source,
    delivered: () => fn.events.flatMap(({ Records }) => Records.map(({ dynamodb }) => dynamodb.Keys.pk.S)),
    put: (pk: string) => client.send(new PutItemCommand({ TableName: TABLE, Item: { pk: { S: pk } } })),
  };
}
