import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type AwsProxy, type AwsRequest, PASS, startAwsProxy } from '../../../cli/faults/aws-proxy.ts';
import { deadLetterStore } from '../../../functions/dead-letters/store.ts';
import { documentedRights } from '../../support/documented-rights.ts';
import { scan, testClient } from '../../support/dynamodb.ts';
import { type RunningApp, runningApp } from '../../support/running-app.ts';

interface SmokeReport {
  readonly app: string;
  readonly ok: boolean;
  readonly steps: readonly { readonly name: string; readonly ok: boolean; readonly why?: string }[];
  readonly orderIds: readonly string[];
}

/** The last line alone: progress goes to the other stream, and both are here. */
const reportIn = (output: string): SmokeReport =>
  JSON.parse(output.split('\n').find((line) => line.startsWith('{"app"')) ?? '{}');

let app: RunningApp;
beforeAll(async () => {
  app = await runningApp();
}, 180_000);
afterAll(() => app?.stop());

/** Has a record given up by email: one of a position that the topic hasn't reached. */
const giveUp = (offset: number) => {
  const record = {
    topicPartition: 'orders-0',
    topic: 'orders',
    partition: 0,
    offset,
    timestamp: Date.now(),
    key: null,
    value: null,
    headers: [],
  };
  const letter = {
    consumer: 'email-service',
    record,
    reason: 'unexpected',
    error: { code: 'X', detail: 'x' },
  } as const;
  const { engine, outputs } = app.cloud.status;
  const table = outputs['orderly-orders.DeadLettersTable'] ?? '';
  return deadLetterStore(testClient(engine.awsEndpoint), table)(letter, new Date());
};

describe('an app', { timeout: 180_000 }, () => {
  const table = (name: string) => app.cloud.status.outputs[`orderly-orders.${name}`] ?? '';
  const rows = (name: string) => scan(testClient(app.cloud.status.engine.awsEndpoint), table(name));

  it.each([
    ['here', () => app.here('smoke', '--json'), 'the local cloud at http'],
    [
      'deployed',
      () => app.deployed({}, 'smoke', '--stack', 'orders', '--json'),
      'the stack orders in us-east-1',
    ],
  ] as const)('is found to work, and is left as it was: %s', async (_where, smoke, name) => {
    const before = await rows('OrdersTable');
    const { code, output } = await smoke();
    const report = reportIn(output);

    expect([code, report.ok], output).toEqual([0, true]);
    expect(report.app).toContain(name);
    expect(report.steps).toHaveLength(12);
    expect(report.steps.filter(({ ok }) => !ok)).toEqual([]);
    const orders = await rows('OrdersTable');
    expect(orders).toHaveLength(before.length + 3);
    expect(orders.map(({ status }) => status?.S)).not.toContain('PLACED');
    expect(orders.map(({ orderId }) => orderId?.S)).toEqual(expect.arrayContaining([...report.orderIds]));
    expect((await rows('ShipmentsTable')).map(({ status }) => status?.S)).not.toContain('LABEL_CREATED');
    expect(await rows('OutboxTable')).toEqual([]);
    const letters = (await rows('DeadLettersTable')).filter(({ consumer }) => consumer?.S !== 'audit');
    expect(new Set(letters.map(({ status }) => status?.S))).toEqual(new Set(['DISCARDED']));
  });

  it('is found not to work where a consumer is dark: the step and what is missing are named', async () => {
    expect(await app.deployed({}, 'mapping', 'disable', 'shipping', '--stack', 'orders')).toEqual({
      code: 0,
      output: expect.stringContaining('orders as shipping-service: Disabled'),
    });
    const { code, output } = await app.deployed({}, 'smoke', '--stack', 'orders', '--wait', '2', '--json');
    const report = reportIn(output);
    expect([code, report.ok]).toEqual([1, false]);
    const failed = report.steps.filter(({ ok }) => !ok);
    expect(failed).toMatchObject([
      { name: 'shipping-service has made their labels', why: expect.stringMatching(/ord_\w+ is not there/) },
    ]);
    expect((await rows('OrdersTable')).map(({ status }) => status?.S)).not.toContain('PLACED');
    expect(await app.deployed({}, 'mapping', 'enable', 'shipping', '--stack', 'orders')).toMatchObject({
      code: 0,
    });
  });

  it('is asked for orders by signed requests, and refuses what is not signed for it', async () => {
    const { code, output } = await app.deployed({}, 'order', '--count', '2', '--stack', 'orders', '--json');
    expect(code, output).toBe(0);
    const { orderIds } = JSON.parse(output);
    expect(orderIds).toHaveLength(2);
    expect(app.aws.requests).toContain('api POST /orders');
    expect((await rows('OrdersTable')).map(({ orderId }) => orderId?.S)).toEqual(
      expect.arrayContaining(orderIds),
    );

    const unsigned = await fetch(`${app.aws.url}/orders/${orderIds[0]}`);
    expect(unsigned.status).toBe(403);
    const label = await app.deployed({}, 'label', orderIds[0], '--stack', 'orders', '--out', 'label.pdf');
    expect(label).toEqual({ code: 0, output: expect.stringContaining('label.pdf') });
  });

  it('has its events put into the outbox again', async () => {
    const { output: ordered } = await app.deployed({}, 'order', '--stack', 'orders', '--json');
    const [orderId = ''] = JSON.parse(ordered).orderIds;
    await vi.waitFor(async () => expect(await rows('OutboxTable')).toEqual([]), 30_000);

    const { code, output } = await app.deployed(
      {},
      'republish',
      orderId,
      '--stack',
      'orders',
      '--execute',
      '--json',
    );
    expect(code, output).toBe(0);
    expect(JSON.parse(output)).toMatchObject({ orders: 1, written: 1, waiting: 0, missing: [] });
  });

  it('erases nothing of a customer that the topic would bring back', async () => {
    await app.deployed({}, 'order', '--stack', 'orders', '--json');
    const [{ customerId, orderId } = {}] = await rows('OrdersTable');
    const asked = ['erase', customerId?.S ?? '', '--stack', 'orders', '--execute'];
    const { code, output } = await app.deployed({}, ...asked);
    expect(code, output).toBe(1);
    expect(output).toMatch(new RegExp(`${orderId?.S}.*waits: on the topic until \\d{4}-\\d\\d-\\d\\d`));
    expect((await rows('OrdersTable')).map((row) => row.orderId?.S)).toContain(orderId?.S);
    expect(await app.deployed({}, 'erase', 'nobody', '--stack', 'orders')).toEqual({
      code: 0,
      output: expect.stringContaining('The tables hold no order of this customer.'),
    });
  });

  it('is told of what the APIs of AWS tell', async () => {
    const { code, output } = await app.deployed({}, 'status', '--stack', 'orders');
    expect(code, output).toBe(0);
    expect(output).toContain('the stack orders in us-east-1');
    expect(output).toMatch(/orders as email-service\s+\S+\s+Enabled/);
    expect(output).toMatch(new RegExp(`OrdersTable\\s+${table('OrdersTable')}`));
    expect(output).toContain('Not shown');
    const { mappings } = JSON.parse((await app.deployed({}, 'status', '--stack', 'orders', '--json')).output);
    expect(mappings).toHaveLength(5);
  });

  it('touches no event source mapping of another stack', async () => {
    const list = await app.deployed({}, 'mapping', 'list', '--stack', 'of-others');
    expect(list).toEqual({ code: 0, output: 'The app has no event source mapping.' });
    const disable = await app.deployed({}, 'mapping', 'disable', 'email-service', '--stack', 'of-others');
    expect(disable).toEqual({ code: 1, output: expect.stringContaining('MAPPING_NOT_FOUND') });

    await giveUp(999_999);
    const fates = async (stack: string) => {
      const { output } = await app.deployed({}, 'dead-letters', 'replay', '--stack', stack, '--json');
      return JSON.parse(output).letters.map(({ fate }: { fate: string }) => fate);
    };
    expect([await fates('orders'), await fates('of-others')]).toEqual([['replay'], ['skip']]);
    const discard = [
      'dead-letters',
      'discard',
      '--consumer',
      'email-service',
      '--execute',
      '--reason',
      'a test',
    ];
    expect(await app.deployed({}, ...discard, '--stack', 'orders')).toMatchObject({ code: 0 });
  });

  it('that is not there, or not reached, ends with the reason', async () => {
    expect(await app.deployed({}, 'smoke', '--stack', 'order')).toEqual({
      code: 1,
      output: expect.stringMatching(/no stack order in us-east-1 .*STACK_NOT_FOUND/),
    });
    expect(await app.deployed({ AWS_SECRET_ACCESS_KEY: 'x' }, 'status', '--stack', 'orders')).toEqual({
      code: 1,
      output: expect.stringContaining('AWS_REFUSED'),
    });
  });

  it('without the probe says how to have it verified', async () => {
    expect(await app.here('verify')).toEqual({
      code: 1,
      output: expect.stringContaining('npx orderly up -c verify=true'),
    });
  });
});

/** Every call of AWS that an operator's commands make, beside the rights that docs/deploying.md names for them. */
describe('the commands of an operator', { timeout: 180_000 }, () => {
  const proxies: AwsProxy[] = [];
  const env: Record<string, string> = {};
  const used = new Set<string>();

  const output = (name: string) => app.cloud.status.outputs[`orderly-orders.${name}`] ?? '';
  const tableNamed = (physical: string) =>
    ['DeadLetters', 'EmailLedger', 'Orders', 'Outbox', 'Sales', 'Shipments'].find(
      (table) => output(`${table}Table`) === physical,
    );
  const right = ({ operation, body }: AwsRequest): string => {
    const [method, path] = operation.split(' ');
    if (path !== undefined) return lambdaRight(method ?? '', path);
    const { TableName, RequestItems = {} } = JSON.parse(body);
    return `dynamodb:${operation} on \`${tableNamed(TableName ?? Object.keys(RequestItems)[0])}\``;
  };
  const run = async (...args: readonly string[]) => {
    const ended = await app.deployed(env, ...args, '--stack', 'orders');
    expect(ended.code, ended.output).toBe(0);
    return ended.output;
  };
  beforeAll(async () => {
    for (const [service, target] of [
      ['DYNAMODB', app.cloud.status.engine.awsEndpoint],
      ['LAMBDA', app.cloud.url],
    ] as const) {
      const proxy = await startAwsProxy(
        () => target,
        (request) => {
          used.add(right(request));
          return PASS;
        },
      );
      proxies.push(proxy);
      env[`AWS_ENDPOINT_URL_${service}`] = proxy.url;
    }
  });
  afterAll(() => Promise.all(proxies.map((proxy) => proxy.stop())));

  it('take what is documented, and all of that', async () => {
    const asked = app.aws.requests.length;
    const [orderId = ''] = JSON.parse(
      (await app.deployed({}, 'order', '--stack', 'orders', '--json')).output,
    ).orderIds;
    const client = testClient(app.cloud.status.engine.awsEndpoint);
    await vi.waitFor(
      async () =>
        expect((await scan(client, output('ShipmentsTable'))).map((row) => row.orderId?.S)).toContain(
          orderId,
        ),
      30_000,
    );
    await giveUp(888_888);
    await giveUp(888_889);

    await run('status');
    await run('mapping', 'disable', 'email-service');
    await run('mapping', 'enable', 'email-service');
    await run('dead-letters', 'list');
    await run('dead-letters', 'list', '--consumer', 'email-service');
    await run('dead-letters', 'show', '@888889');
    await run('dead-letters', 'replay', '@888888', '--execute', '--reason', 'a test');
    await run('dead-letters', 'discard', '@888889', '--execute', '--reason', 'a test');
    await run('dead-letters', 'runs');
    await run('republish');
    await run('republish', orderId, '--execute');
    await run('label', orderId, '--out', 'label.pdf');
    await run('sales');

    for (const request of app.aws.requests.slice(asked)) {
      if (request.startsWith('cloudformation ')) used.add(`${request.replace(' ', ':')} on the stack`);
    }
    const documented = new Set(documentedRights('operator role'));
    // By hand, with AWS's own command.
    for (const byHand of documentedRights('operator role', 'aws lambda invoke')) documented.delete(byHand);
    expect([...used].sort()).toEqual([...documented].sort());
  });

  it('and the smoke test’s take what is documented, and more than an operator has', async () => {
    used.clear();
    await run('smoke');
    const operators = documentedRights('operator role');
    const own = [...documentedRights('your own', '`smoke`')].filter((each) => each.startsWith('dynamodb:'));
    expect([...used].filter((each) => !operators.has(each) && !own.includes(each))).toEqual([]);
    expect(own.filter((each) => !used.has(each))).toEqual([]);
    expect(own.filter((each) => !operators.has(each))).not.toEqual([]);
  });
});

function lambdaRight(method: string, path: string): string {
  if (path.includes('/functions/')) return 'lambda:InvokeFunction on the consumers';
  if (method === 'PUT') return 'lambda:UpdateEventSourceMapping on the mappings';
  return /event-source-mappings\/[\w-]+/.test(path)
    ? 'lambda:GetEventSourceMapping on the mappings'
    : 'lambda:ListEventSourceMappings on everything';
}
