import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type AttributeValue,
  DeleteItemCommand,
  type DynamoDBClient,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { expect, onTestFinished, test, vi } from 'vitest';
import { checkoutClient, openApi } from '../../../cli/order/checkout-client.ts';
import { sampleOrder } from '../../../cli/order/sample-orders.ts';
import { workThrough } from '../../../cli/work-through.ts';
import { type RunningCloud, runningCloud } from '../../../local/cli/running-cloud.ts';
import { testAssembly } from '../../support/assembly.ts';
import { scan, testClient } from '../../support/dynamodb.ts';
import { gone, orderlyUp } from '../../support/orderly-process.ts';
import { descendantsOf } from '../../support/process-tree.ts';
import { type MailServer, mailServer } from './mail-server.ts';

const ORDERS = 400;
const CUSTOMERS = 20;
/** A lease of the ledger, as the process that was killed took it. */
const LEASE_MS = 60_000;
/** A mail is noted within this time; only then may it come a second time. */
const NOTED_WITHIN_MS = 3_000;

/** Longer than a lease: a mail whose answer a busy machine loses is held back for one. */
const inTime = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: 100_000, interval: 100 });

test('a local cloud that is killed under load goes on at the committed offsets', {
  timeout: 240_000,
}, async () => {
  const mail = await mailServer();
  const cwd = project(mail);
  const first = await up(cwd);
  const placed = new Set<number>();
  const orderIds = new Set<string>();
  const run = randomUUID();
  /** As a client does that doesn't give up: what was not answered is asked again, under the same key. */
  const place = async (url: string, n: number) => {
    const { orderId } = await checkoutClient(openApi(url)).place(sampleOrder(n, CUSTOMERS), `${run}-${n}`);
    placed.add(n);
    orderIds.add(orderId);
  };

  const interrupted = workThrough(Array(ORDERS).keys(), 10, (n) => place(first.api, n)).catch(
    () => 'interrupted',
  );
  await inTime(() => expect(mail.mails.size).toBeGreaterThan(ORDERS / 4));
  const children = descendantsOf(first.pid);
  const handled = new Map(
    kafkaMappings(await runningCloud(cwd)).map(({ uuid, committed }) => [uuid, committed]),
  );
  first.kill();
  const killedAt = Date.now();
  expect(await interrupted).toBe('interrupted');
  await gone(children);

  const second = await up(cwd);
  const tables = testClient(second.cloud.status.engine.awsEndpoint);
  const table = (name: string) => second.cloud.status.outputs[`orderly-orders.${name}`] ?? '';
  await workThrough(Array(ORDERS).keys(), 10, async (n) => {
    if (!placed.has(n)) await place(second.api, n);
  });
  await wakeTheRelay(tables, table('OutboxTable'), () => place(second.api, ORDERS));
  await expireClaims(tables, table('EmailLedgerTable'), killedAt);

  await inTime(async () => {
    expect(await scan(tables, table('OutboxTable'))).toEqual([]);
    for (const { uuid, committed, end, delivered } of kafkaMappings(await runningCloud(cwd))) {
      expect(committed).toBe(end);
      expect(delivered).toBeLessThanOrEqual(end - (handled.get(uuid) ?? 0));
    }
  });
  const shipments = await scan(tables, table('ShipmentsTable'));
  expect(new Set(shipments.map(({ orderId }) => orderId?.S))).toEqual(orderIds);
  expect(shipments).toHaveLength(ORDERS + 1);
  expect(new Set([...mail.mails.keys()])).toEqual(new Set([...orderIds].map((orderId) => `${orderId}.1`)));
  for (const [event, [firstAt = 0, ...again]] of mail.mails) {
    if (again.length === 0) continue;
    expect([event, again.length]).toEqual([event, 1]);
    expect(killedAt - firstAt).toBeLessThan(NOTED_WITHIN_MS);
  }
  expect(await scan(tables, table('DeadLettersTable'))).toEqual([]);
});

/** A project folder whose mails go to the test's own server. */
function project({ url }: MailServer): string {
  const cwd = mkdtempSync(join(tmpdir(), 'orderly-recovery-'));
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
  const functions = {
    'orderly-orders/Relay/Function': { environment: { KAFKA_AUTH: 'none' } },
    'orderly-orders/Email/Function': { environment: { AWS_ENDPOINT_URL_SESV2: url } },
  };
  writeFileSync(join(cwd, 'millrace.json'), JSON.stringify({ functions }));
  return cwd;
}

async function up(cwd: string) {
  const { up: started, cloud } = await orderlyUp(cwd, testAssembly());
  onTestFinished(() => started.end());
  const api = cloud.status.apis[0]?.url ?? '';
  return { cloud, api, pid: started.pid, kill: () => started.kill('SIGKILL') };
}

/** How far each mapping on a topic has come, all partitions together. */
function kafkaMappings({ status }: RunningCloud) {
  return status.mappings
    .filter(({ kind }) => kind === 'kafka')
    .map(({ uuid, delivered, partitions }) => ({
      uuid,
      delivered,
      committed: partitions.reduce((sum, { committed }) => sum + Number(committed ?? 0), 0),
      end: partitions.reduce((sum, { end }) => sum + Number(end ?? 0), 0),
    }));
}

/**
 * The local engine loses the stream records that nobody had read when it ended, and the rows that they told of wait for
 * the relay's schedule. Here they are written once more instead, which makes a new record.
 */
async function wakeTheRelay(
  tables: DynamoDBClient,
  outbox: string,
  placeOne: () => Promise<void>,
): Promise<void> {
  const before = new Map((await scan(tables, outbox)).map((row) => [nameOf(row), row]));
  // A stream is delivered in order: when this row is gone, those before it have had their turn.
  await placeOne();
  await inTime(async () => {
    const left = await scan(tables, outbox);
    expect(left.filter((row) => !before.has(nameOf(row)))).toEqual([]);
  });
  for (const row of await scan(tables, outbox)) {
    const { orderId = { S: '' }, seq = { N: '0' } } = row;
    await tables.send(new DeleteItemCommand({ TableName: outbox, Key: { orderId, seq } }));
    await tables.send(new PutItemCommand({ TableName: outbox, Item: row }));
  }
}

const nameOf = ({ orderId, seq }: Record<string, AttributeValue>) => `${orderId?.S}.${seq?.N}`;

/** Lets the claims of the process that was killed run out at once instead of within a minute. */
async function expireClaims(tables: DynamoDBClient, ledger: string, killedAt: number): Promise<void> {
  for (const { eventKey = { S: '' }, status, leaseUntil } of await scan(tables, ledger)) {
    if (status?.S !== 'CLAIMED' || Number(leaseUntil?.N) > killedAt + LEASE_MS) continue;
    await tables.send(
      new UpdateItemCommand({
        TableName: ledger,
        Key: { eventKey },
        UpdateExpression: 'SET leaseUntil = :past',
        ConditionExpression: '#status = :claimed AND leaseUntil = :held',
        ExpressionAttributeNames: { '#status': 'status' },
        ExpressionAttributeValues: {
          ':past': { N: '0' },
          ':claimed': { S: 'CLAIMED' },
          ':held': leaseUntil ?? { N: '0' },
        },
      }),
    );
  }
}
