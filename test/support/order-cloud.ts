import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { expect, vi } from 'vitest';
import { type AwsRequest, type Fate, startAwsProxy } from '../../cli/faults/aws-proxy.ts';
import { type KafkaFate, type KafkaRequest, PASS, startKafkaProxy } from '../../cli/faults/kafka-proxy.ts';
import { type CheckoutClient, checkoutClient, openApi } from '../../cli/order/checkout-client.ts';
import { run } from '../../cli/program.ts';
import { sentMails } from '../../local/cli/mailbox.ts';
import type { LocalCloud } from '../../local/cloud.ts';
import { stateDirOf, writeRunFile } from '../../local/run-file.ts';
import { appCloud, caughtUp, withEnvironment } from './app-cloud.ts';
import { engineClient, scan } from './dynamodb.ts';
import { eventIdOf } from './engine-relay.ts';
import { readTopic, type TopicRecord, testKafka } from './topics.ts';

const RELAY = 'orderly-orders/Relay/Function';

/** What stands between the relay and its engines; a test changes it as it goes. */
interface RelayFaults {
  aws: (request: AwsRequest) => Fate;
  kafka: (request: KafkaRequest) => KafkaFate;
  /** Called as an invocation of the relay begins, with its process. */
  invoked: (pid: number) => void;
}

/** The whole app in a local cloud, whose relay reaches its engines through proxies. */
export interface OrderCloud {
  readonly cloud: LocalCloud;
  readonly checkout: CheckoutClient;
  readonly faults: RelayFaults;
  /** Invokes the relay with these rows of its stream, as a redelivery does, and resolves with its answer. */
  redeliver(rows: readonly { readonly orderId: string; readonly seq: number }[]): Promise<unknown>;
  records(): Promise<readonly TopicRecord[]>;
  /** Waits until the outbox is empty. */
  published(): Promise<void>;
  /** How often each event that an order keeps is on the topic, by its id; throws if a record is none of them, byte for byte. */
  copies(): Promise<ReadonlyMap<string, number>>;
  /** Runs a command of `orderly` against this cloud; answers its exit code and what it wrote. */
  orderly(...argv: readonly string[]): Promise<{
    readonly code: number;
    /** All that it wrote. */
    readonly output: string;
    /** What it wrote to standard output. */
    readonly answer: string;
  }>;
  /** Waits until every group has read all there is, and answers what the consumers have done so far. */
  effects(): Promise<Effects>;
  stop(): Promise<void>;
}

/** What the consumers have done to the world. */
interface Effects {
  /** How many mails there were of each subject to each address. */
  readonly mails: ReadonlyMap<string, number>;
  readonly shipments: readonly object[];
}

export async function orderCloud(): Promise<OrderCloud> {
  const dir = await mkdtemp(join(tmpdir(), 'orderly-relay-'));
  const faults: RelayFaults = { aws: () => PASS, kafka: () => PASS, invoked: () => undefined };
  let engine: LocalCloud['engine'] | undefined;
  const [aws, kafka] = await Promise.all([
    startAwsProxy(
      () => engine?.awsEndpoint ?? '',
      (request) => faults.aws(request),
    ),
    startKafkaProxy(
      () => engine?.bootstrapServers ?? '',
      (request) => faults.kafka(request),
    ),
  ]);
  const environment = { AWS_ENDPOINT_URL_DYNAMODB: aws.url, KAFKA_BOOTSTRAP_SERVERS: kafka.address };
  let relay = '';
  const cloud = await appCloud(dir, {
    configured: (config) => withEnvironment(config, [RELAY], environment),
    onEngine: (own) => {
      engine = own;
    },
    onInvocation: (functionName, _requestId, pid) => {
      if (functionName === relay) faults.invoked(pid);
    },
  });
  writeRunFile(stateDirOf(dir), { pid: process.pid, url: cloud.url });
  relay = cloud.model.mappings.find(({ kind }) => kind === 'dynamodb-stream')?.functionName ?? '';
  const client: DynamoDBClient = engineClient(cloud.engine.awsEndpoint);
  const output = (name: string) => cloud.model.outputs[`orderly-orders.${name}`] ?? '';
  const records = () => readTopic(testKafka(cloud.engine.bootstrapServers), 'orders');

  return {
    cloud,
    checkout: checkoutClient(openApi(cloud.apis[0]?.url ?? '')),
    faults,
    async redeliver(rows) {
      const Records = rows.map(({ orderId, seq }) => ({
        eventName: 'INSERT',
        dynamodb: {
          Keys: { orderId: { S: orderId }, seq: { N: String(seq) } },
          SequenceNumber: `${orderId}.${seq}`,
        },
      }));
      const url = new URL(`/2015-03-31/functions/${relay}/invocations`, cloud.url);
      const response = await fetch(url, { method: 'POST', body: JSON.stringify({ Records }) });
      return response.json();
    },
    records,
    async published() {
      await vi.waitFor(async () => expect(await scan(client, output('OutboxTable'))).toEqual([]), {
        timeout: 60_000,
        interval: 100,
      });
    },
    async copies() {
      const written = new Map<string, string>();
      for (const { orderId, events } of await scan(client, output('OrdersTable'))) {
        events?.L?.forEach(({ M: event }, index) => {
          const headers = event?.headers?.L?.map(({ L: pair }) => [pair?.[0]?.S, pair?.[1]?.S]);
          const value = Buffer.from(event?.value?.B ?? []).toString('utf8');
          written.set(`${orderId?.S}.${index + 1}`, JSON.stringify([event?.key?.S, value, headers]));
        });
      }
      const copies = new Map([...written.keys()].map((id) => [id, 0]));
      for (const record of await records()) {
        const id = eventIdOf(record);
        expect(JSON.stringify([record.key, record.value, record.headers])).toBe(written.get(id));
        copies.set(id, (copies.get(id) ?? 0) + 1);
      }
      return copies;
    },
    async orderly(...argv) {
      const lines: string[] = [];
      const answers: string[] = [];
      const say = (text: string) => lines.push(text);
      const out = (text: string) => {
        say(text);
        answers.push(text);
      };
      const code = await run(argv, dir, { out, progress: say, error: say });
      return { code, output: lines.join('\n'), answer: answers.join('\n') };
    },
    async effects() {
      await caughtUp(cloud);
      const mails = new Map<string, number>();
      for (const mail of await sentMails(cloud.engine.awsEndpoint, cloud.engine.account)) {
        const key = `${mail.To.join()} ${mail.Subject}`;
        mails.set(key, (mails.get(key) ?? 0) + 1);
      }
      const shipments = await scan(client, output('ShipmentsTable'));
      return {
        mails,
        shipments: shipments.toSorted((one, other) =>
          String(one.orderId?.S).localeCompare(String(other.orderId?.S)),
        ),
      };
    },
    async stop() {
      client.destroy();
      await cloud.stop();
      await Promise.all([aws.stop(), kafka.stop()]);
      await rm(dir, { recursive: true, force: true });
    },
  };
}
