import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type AwsProxy, type AwsRequest, PASS, startAwsProxy } from '../../../cli/faults/aws-proxy.ts';
import { deadLetterStore } from '../../../functions/dead-letters/store.ts';
import { documentedRights } from '../../support/documented-rights.ts';
import { scan, testClient } from '../../support/dynamodb.ts';
import { type RunningApp, runningApp } from '../../support/running-app.ts';

/** Every call of AWS that an operator's commands make, beside the rights that docs/deploying.md names for them. */
describe('the commands of an operator', { timeout: 180_000 }, () => {
  let app: RunningApp;
  const proxies: AwsProxy[] = [];
  const env: Record<string, string> = {};
  const used = new Set<string>();

  const output = (name: string) => app.cloud.status.outputs[`orderly-orders.${name}`] ?? '';
  const tableNamed = (physical: string) =>
    ['DeadLetters', 'EmailLedger', 'Orders', 'Outbox', 'Shipments'].find(
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
    const error = { code: 'X', detail: 'x' };
    const client = testClient(app.cloud.status.engine.awsEndpoint);
    return deadLetterStore(client, output('DeadLettersTable'))(
      { consumer: 'email-service', record, reason: 'unexpected', error },
      new Date(),
    );
  };

  beforeAll(async () => {
    app = await runningApp();
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
  }, 180_000);
  afterAll(async () => {
    await app?.stop();
    await Promise.all(proxies.map((proxy) => proxy.stop()));
  });

  it('take what is documented, and all of that', async () => {
    const [orderId = ''] = JSON.parse(
      (await app.deployed({}, 'order', '--stack', 'orders', '--json')).output,
    ).orderIds;
    const client = testClient(app.cloud.status.engine.awsEndpoint);
    await vi.waitFor(
      async () => expect(await scan(client, output('ShipmentsTable'))).toHaveLength(1),
      30_000,
    );
    await giveUp(999_998);
    await giveUp(999_999);

    await run('status');
    await run('mapping', 'disable', 'email-service');
    await run('mapping', 'enable', 'email-service');
    await run('dead-letters', 'list');
    await run('dead-letters', 'list', '--consumer', 'email-service');
    await run('dead-letters', 'show', '@999999');
    await run('dead-letters', 'replay', '@999998', '--execute', '--reason', 'a test');
    await run('dead-letters', 'discard', '@999999', '--execute', '--reason', 'a test');
    await run('dead-letters', 'runs');
    await run('republish');
    await run('republish', orderId, '--execute');
    await run('label', orderId, '--out', 'label.pdf');

    for (const request of app.aws.requests) {
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
