import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  CreateEmailIdentityCommand,
  DeleteEmailIdentityCommand,
  ListEmailIdentitiesCommand,
  SESv2Client,
} from '@aws-sdk/client-sesv2';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { deadLetterStore } from '../../../../functions/dead-letters/store.ts';
import { sentMails } from '../../../../local/cli/mailbox.ts';
import type { RunningCloud } from '../../../../local/cli/running-cloud.ts';
import { assemblyWith } from '../../../faults/world/world.ts';
import { testAssembly } from '../../../support/assembly.ts';
import { scan, testClient } from '../../../support/dynamodb.ts';
import { type OrderlyProcess, orderly, orderlyUp, ran } from '../../../support/orderly-process.ts';
import { produce } from '../../../support/topics.ts';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const eventually = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: 60_000, interval: 100 });

interface Letter {
  readonly consumer: string;
  readonly recordId: string;
  readonly status: string;
  readonly version: number;
  readonly replays: number;
  readonly history: readonly { readonly event: string; readonly runId?: string }[];
}

/** Letters of the whole app, replayed by processes of their own against the running local cloud. */
describe('orderly dead-letters', { timeout: 180_000 }, () => {
  const cwd = mkdtempSync(join(tmpdir(), 'orderly-letters-'));
  let up: OrderlyProcess;
  let running: RunningCloud;

  beforeAll(async () => {
    cpSync(join(root, 'millrace.json'), join(cwd, 'millrace.json'));
    // What can't be done within seconds is given up at once: an hour's patience has tests of its own.
    const hasty = { retryAttempts: 0, pollers: 1, timeoutSeconds: 35 };
    const app = join(cwd, 'app');
    await assemblyWith(hasty, testAssembly(), app);
    ({ up, cloud: running } = await orderlyUp(cwd, app));
  });
  afterAll(async () => {
    await up?.end();
    rmSync(cwd, { recursive: true, force: true });
  });

  const letters = (...args: readonly string[]) => orderly(['dead-letters', ...args], { cwd });
  const tables = () => testClient(running.status.engine.awsEndpoint);
  const table = (name: string) => running.status.outputs[`orderly-orders.${name}`] ?? '';

  const answer = (...args: readonly string[]) => ran(['dead-letters', ...args], { cwd });

  async function lettersOf(client: DynamoDBClient, consumer: string): Promise<Letter[]> {
    const items = await scan(client, table('DeadLettersTable'));
    return items
      .filter((item) => item.consumer?.S === consumer)
      .map((item) => ({
        consumer,
        recordId: item.recordId?.S ?? '',
        status: item.status?.S ?? '',
        version: Number(item.version?.N),
        replays: Number(item.replays?.N ?? 0),
        history: (item.history?.L ?? []).map(({ M }) => ({ event: M?.event?.S ?? '', runId: M?.runId?.S })),
      }));
  }

  const statuses = (found: readonly Letter[]) =>
    Object.fromEntries(
      Object.entries(Object.groupBy(found, ({ status }) => status)).map(([status, all]) => [
        status,
        all?.length,
      ]),
    );

  /** Orders whose mail the provider refuses until it knows the sender again, and which Lambda has given up. */
  async function withoutSender(orders: number): Promise<() => Promise<void>> {
    const client = new SESv2Client({
      endpoint: running.status.engine.awsEndpoint,
      region: running.status.engine.region,
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    });
    const { EmailIdentities = [] } = await client.send(new ListEmailIdentitiesCommand({}));
    const sender = EmailIdentities[0]?.IdentityName ?? '';
    const dead = tables();
    const before = await lettersOf(dead, 'email-service');
    await client.send(new DeleteEmailIdentityCommand({ EmailIdentity: sender }));
    const order = orderly(['order', '--count', String(orders)], { cwd });
    expect((await order.exited).code).toBe(0);
    await eventually(async () =>
      expect(await lettersOf(dead, 'email-service')).toHaveLength(before.length + orders),
    );
    return async () => {
      await client.send(new CreateEmailIdentityCommand({ EmailIdentity: sender }));
      client.destroy();
    };
  }

  const mails = async () =>
    (await sentMails(running.status.engine.awsEndpoint, running.status.engine.account)).length;

  it('lose no letter and make no effect twice, killed in the middle and started twice at once', async () => {
    const ORDERS = 40;
    const client = tables();
    const senderIsBack = await withoutSender(ORDERS);
    await eventually(async () => expect(await scan(client, table('ShipmentsTable'))).toHaveLength(ORDERS));
    const shipments = await scan(client, table('ShipmentsTable'));
    expect(await mails()).toBe(0);

    const plan = await answer('replay', '--consumer', 'email-service');
    expect(plan).toMatchObject({
      code: 0,
      output: expect.stringMatching(/email-service\s+retries-exhausted\s+40\s+0/),
    });
    expect(statuses(await lettersOf(client, 'email-service'))).toEqual({ OPEN: ORDERS });
    await senderIsBack();

    const first = letters('replay', '--execute', '--reason', 'the sender is known again', '--rate', '10');
    await first.wrote(/\d+ of 40: \d+ replayed/);
    first.kill('SIGKILL');
    await first.exited;
    const half = statuses(await lettersOf(client, 'email-service'));
    expect(half.REPLAYED).toBeGreaterThan(0);
    expect(half.OPEN).toBeGreaterThan(0);

    const [killed] = JSON.parse((await answer('runs', '--json')).output);
    expect(killed).toMatchObject({ action: 'replay', why: 'the sender is known again' });
    expect(killed.ended).toBeUndefined();
    const both = await Promise.all([
      answer('replay', '--execute', '--resume', killed.runId, '--rate', '100'),
      answer('replay', '--execute', '--reason', 'from the other terminal', '--rate', '100'),
    ]);
    expect(both.map(({ output }) => output)).toEqual([
      expect.stringMatching(/run \S+ finished/),
      expect.stringMatching(/run \S+ finished/),
    ]);

    const after = await lettersOf(client, 'email-service');
    expect(statuses(after)).toEqual({ REPLAYED: ORDERS });
    for (const { history } of after) {
      expect(history.filter(({ event }) => event === 'REPLAYED')).toHaveLength(1);
      const [begun, ended] = history.slice(-2);
      expect([begun?.event, ended?.event]).toEqual(['REPLAYING', 'REPLAYED']);
      expect(begun?.runId).toBe(ended?.runId);
    }
    expect(await mails()).toBe(ORDERS);
    expect(await scan(client, table('EmailLedgerTable'))).toHaveLength(ORDERS);
    expect(await scan(client, table('ShipmentsTable'))).toEqual(shipments);
    expect(await lettersOf(client, 'shipping-service')).toEqual([]);
    const runs = JSON.parse((await answer('runs', '--json')).output);
    expect(runs.map(({ ended }: { ended?: string }) => ended)).toEqual(['finished', 'finished', undefined]);
  });

  it('ends what is at work at Ctrl-C, and goes on from there', async () => {
    const client = tables();
    const senderIsBack = await withoutSender(20);
    await senderIsBack();
    const mailed = await mails();
    const first = letters('replay', '--execute', '--reason', 'why not', '--rate', '5');
    await first.wrote(/\d+ of 20: \d+ replayed/);
    first.kill('SIGINT');
    expect(await first.exited).toEqual({ code: 130, signal: null });
    const [, run = ''] = /--resume (\S+)/.exec(first.output()) ?? [];
    const half = statuses(await lettersOf(client, 'email-service'));
    expect(half.REPLAYING).toBeUndefined();
    expect(half.OPEN).toBeGreaterThan(0);
    expect(JSON.parse((await answer('runs', '--json')).output)[0]).toMatchObject({
      runId: run,
      ended: 'interrupted',
      counts: { chosen: 20, replayed: 20 - (half.OPEN ?? 0) },
    });

    expect(await answer('replay', '--execute', '--resume', run, '--rate', '100')).toMatchObject({ code: 0 });
    expect((await lettersOf(client, 'email-service')).every(({ status }) => status === 'REPLAYED')).toBe(
      true,
    );
    expect(await mails()).toBe(mailed + 20);
    const again = await answer('replay', '--execute', '--reason', 'once more');
    expect(again).toMatchObject({ code: 0, output: expect.stringContaining('nothing was done') });
  });

  it('parks what fails again and again, leaves the other group alone, and discards with a reason', async () => {
    const client = tables();
    await produce(running.status.engine.bootstrapServers, 'orders', {
      key: 'poison',
      value: 'no JSON \u001b[2J',
    });
    const groups = ['email-service', 'shipping-service'] as const;
    const poison = async (group: string) =>
      (await lettersOf(client, group)).find(({ status }) => status !== 'REPLAYED');
    for (const group of groups) await eventually(async () => expect(await poison(group)).toBeDefined());
    const { recordId = '' } = (await poison('shipping-service')) ?? {};

    const shown = await answer('show', recordId, '--consumer', 'shipping-service');
    expect(shown).toMatchObject({ code: 0 });
    expect(shown.output).toContain('no JSON \\u{1b}[2J');
    expect(shown.output).not.toContain('\u001b[2J');
    expect((await answer('show', recordId)).output).toMatch(/may be several .*LETTER_AMBIGUOUS/);

    const execute = [
      'replay',
      '--consumer',
      'shipping-service',
      '--execute',
      '--reason',
      'the code is mended',
    ];
    expect(await answer(...execute)).toMatchObject({ code: 1, output: expect.stringMatching(/1 failed/) });
    expect(await poison('shipping-service')).toMatchObject({ status: 'OPEN', version: 2, replays: 1 });
    expect(await answer(...execute)).toMatchObject({ code: 1 });
    expect(await answer(...execute)).toMatchObject({ code: 1, output: expect.stringMatching(/1 parked/) });
    expect(await poison('shipping-service')).toMatchObject({ status: 'PARKED', version: 4, replays: 3 });
    expect(await answer(...execute)).toMatchObject({
      code: 0,
      output: expect.stringMatching(/nothing was done/),
    });
    const higher = await answer(...execute, '--cap', '4', recordId);
    expect(higher).toMatchObject({ code: 1, output: expect.stringMatching(/1 parked/) });
    expect(await poison('shipping-service')).toMatchObject({ status: 'PARKED', replays: 4 });
    expect(await poison('email-service')).toMatchObject({ status: 'OPEN', version: 1, replays: 0 });

    const id = `shipping-service/${recordId}`;
    expect(await answer('discard', id)).toMatchObject({ code: 0 });
    expect(await poison('shipping-service')).toMatchObject({ status: 'PARKED' });
    expect(await answer('discard', id, '--execute', '--reason', 'a test')).toMatchObject({ code: 0 });
    expect(await poison('shipping-service')).toMatchObject({ status: 'DISCARDED' });
    const left = await answer('replay', id);
    expect(left.output).toContain('DISCARDED already');
  });

  it('go to the collector again where it could not read a message', async () => {
    const client = tables();
    await produce(running.status.engine.bootstrapServers, 'orders.dead-letters', { value: 'no envelope' });
    const letter = async () => (await lettersOf(client, 'dead-letters'))[0];
    await eventually(async () => expect(await letter()).toMatchObject({ status: 'OPEN', version: 1 }));
    const execute = ['--consumer', 'dead-letters', '--execute', '--reason', 'can it be read now?'];
    expect(await answer('replay', ...execute)).toMatchObject({
      code: 1,
      output: expect.stringContaining('DeadLettered/unreadable'),
    });
    expect(await letter()).toMatchObject({ status: 'OPEN', version: 2, replays: 1 });
  });

  it('names what it cannot replay', async () => {
    const client = tables();
    const store = deadLetterStore(client, table('DeadLettersTable'));
    const record = {
      topicPartition: 'orders-0',
      topic: 'orders',
      partition: 0,
      offset: 999_999,
      timestamp: Date.now(),
      key: null,
      value: null,
      headers: [],
    };
    const error = { code: 'X', detail: 'x' };
    await store({ consumer: 'gone-service', record, reason: 'unexpected', error }, new Date());
    await store(
      { consumer: 'email-service', record, reason: 'invalid', error, truncatedFrom: 9 },
      new Date(),
    );
    const old = { ...record, timestamp: Date.now() - 81 * 86_400_000 };
    await store({ consumer: 'shipping-service', record: old, reason: 'unexpected', error }, new Date());

    const { output } = await answer('replay', '999999');
    expect(output).toContain('may be several');
    const plan = await answer(
      'replay',
      'gone-service/orders-0@999999',
      'email-service/orders-0@999999',
      'shipping-service/orders-0@999999',
      '--execute',
      '--reason',
      'to see',
    );
    expect(plan.code).toBe(1);
    expect(plan.output).toContain('no event source mapping of the app has the consumer group gone-service');
    expect(plan.output).toContain('not all bytes of the record were kept');
    expect(plan.output).toContain('older than 80d');
    expect(await lettersOf(client, 'gone-service')).toMatchObject([{ status: 'OPEN', replays: 0 }]);
  });
});
