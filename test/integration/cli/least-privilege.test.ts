import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { poison } from '../../../cli/demo/faults-verdict.ts';
import { topicWitness } from '../../../cli/demo/topic.ts';
import { type AwsProxy, type Fate, PASS, startAwsProxy } from '../../../cli/faults/aws-proxy.ts';
import { checkoutClient, openApi } from '../../../cli/order/checkout-client.ts';
import { sampleOrder } from '../../../cli/order/sample-orders.ts';
import type { LocalCloud } from '../../../local/cloud.ts';
import type { LocalConfig } from '../../../local/config.ts';
import { appCloud, caughtUp, withEnvironment } from '../../support/app-cloud.ts';
import { testAssembly } from '../../support/assembly.ts';
import { type MetricIdentity, metricLine, metricsRead, metricsWritten } from '../../support/metrics.ts';
import { grantedTo, type Permission, type TemplateJson } from '../../support/policies/granted.ts';
import {
  type FunctionProperties,
  permissionsOf,
  permissionsOfMapping,
  permissionsToProduce,
  permissionsToRun,
} from '../../support/policies/used.ts';
import { produce } from '../../support/topics.ts';

const FUNCTIONS = [
  'Checkout',
  'Relay',
  'Email',
  'Shipping',
  'Sales',
  'DeadLetterCollector',
  'Manifests/Manifest',
];

/** Written, and neither rung for nor drawn: for who asks CloudWatch. */
const FOR_QUERIES: readonly RegExp[] = [
  // Records with nothing to do are nobody's concern.
  /^orderly Skipped service=/,
  // The collector reports as a consumer does, and withholds nothing: always 0.
  /^orderly Withheld service=dead-letters$/,
  // An alarm says that there are letters; the reason is for who looks which.
  /^orderly DeadLetters reason=\S+ service=/,
];
const pathOf = (name: string) => `orderly-orders/${name}/Function`;

/**
 * A run in which every function does everything that it ever does: every AWS call beside everything that the roles allow,
 * and every metric beside everything that alarms and the dashboard read.
 */
describe('what the functions do', { timeout: 180_000 }, () => {
  const dir = mkdtempSync(join(tmpdir(), 'orderly-privilege-'));
  const used = new Map<string, Set<Permission>>(FUNCTIONS.map((name) => [pathOf(name), new Set()]));
  const proxies: AwsProxy[] = [];
  let cloud: LocalCloud;
  let granted: Map<string, Set<Permission>>;
  let read: readonly MetricIdentity[];
  let written: readonly MetricIdentity[];

  beforeAll(async () => {
    let endpoint = '';
    let throttled = false;
    /** The provider is busy for the first mail, so that its claim is given back. */
    const fateOf = (operation: string): Fate => {
      if (throttled || !operation.includes('email')) return PASS;
      throttled = true;
      return { kind: 'answer', status: 429, type: 'TooManyRequestsException' };
    };
    const configs: ((config: LocalConfig) => LocalConfig)[] = [];
    for (const path of used.keys()) {
      const proxy = await startAwsProxy(
        () => endpoint,
        (request) => {
          for (const permission of permissionsOf(request, cloud.model)) used.get(path)?.add(permission);
          return fateOf(request.operation);
        },
      );
      proxies.push(proxy);
      const services = ['DYNAMODB', 'SESV2', 'S3'].map((name) => [`AWS_ENDPOINT_URL_${name}`, proxy.url]);
      configs.push((config) => withEnvironment(config, [path], Object.fromEntries(services)));
    }
    cloud = await appCloud(dir, {
      configured: (config) => configs.reduce((before, change) => change(before), config),
      onEngine: ({ awsEndpoint }) => {
        endpoint = awsEndpoint;
      },
    });
    const template: TemplateJson = JSON.parse(
      readFileSync(join(testAssembly(), 'orderly-orders.template.json'), 'utf8'),
    );
    granted = grantedTo(template);
    read = metricsRead(template).filter(({ namespace }) => namespace === 'orderly');
    await exercise(cloud);
    written = await vi.waitFor(() => {
      const metrics = metricsIn(join(dir, 'logs'));
      // What a sweep says is the last of a run.
      expect(metrics.map(({ name }) => name)).toContain('OutboxAge');
      return metrics;
    });
    for (const { path, logicalId } of cloud.model.functions) {
      const properties = template.Resources[logicalId]?.Properties as unknown as FunctionProperties;
      for (const permission of permissionsToRun(properties)) used.get(path)?.add(permission);
    }
    for (const mapping of cloud.model.mappings) {
      const path = cloud.model.functions.find(({ name }) => name === mapping.functionName)?.path ?? '';
      for (const permission of permissionsOfMapping(mapping, cloud.model)) used.get(path)?.add(permission);
    }
    for (const permission of permissionsToProduce('orders')) used.get(pathOf('Relay'))?.add(permission);
  }, 180_000);

  afterAll(async () => {
    await cloud?.stop();
    await Promise.all(proxies.map((proxy) => proxy.stop()));
    rmSync(dir, { recursive: true, force: true });
  });

  const grantedFor = (path: string) => {
    const id = cloud.model.functions.find((fn) => fn.path === path)?.logicalId ?? '';
    return [...(granted.get(id) ?? [])].sort();
  };
  const missing = (path: string, allowed: readonly Permission[]) =>
    [...(used.get(path) ?? [])].filter((permission) => !allowed.includes(permission));
  const unused = (path: string, uses: ReadonlySet<Permission> | undefined) =>
    grantedFor(path).filter((permission) => !uses?.has(permission));

  it('is seen of every function of the app', () => {
    expect(cloud.model.functions.map(({ path }) => path).sort()).toEqual([...used.keys()].sort());
  });

  it.each(FUNCTIONS)('is allowed by the role of %s', (name) => {
    expect(used.get(pathOf(name))?.size).toBeGreaterThan(1);
    expect(missing(pathOf(name), grantedFor(pathOf(name)))).toEqual([]);
  });

  it.each(FUNCTIONS)('is all that the role of %s allows', (name) => {
    expect(unused(pathOf(name), used.get(pathOf(name)))).toEqual([]);
  });

  it.each(FUNCTIONS)('would be seen to lack any one permission of %s, and to have one too many', (name) => {
    const path = pathOf(name);
    for (const permission of used.get(path) ?? []) {
      const without = grantedFor(path).filter((each) => each !== permission);
      expect(missing(path, without)).toEqual([permission]);
      const others = new Set([...(used.get(path) ?? [])].filter((each) => each !== permission));
      expect(unused(path, others)).toEqual([permission]);
    }
  });

  /** Lines of the first that the second doesn't have. */
  const beyond = (some: readonly MetricIdentity[], others: readonly MetricIdentity[]) => {
    const known = new Set(others.map(metricLine));
    return [...new Set(some.map(metricLine))].filter((line) => !known.has(line));
  };

  it('is measured under the very names and dimensions that alarms and graphs read', () => {
    expect(read.length).toBeGreaterThan(10);
    expect(beyond(read, written)).toEqual([]);
  });

  it('is read where it is measured, or is for queries', () => {
    const unread = beyond(written, read);
    expect(unread.filter((line) => !FOR_QUERIES.some((known) => known.test(line)))).toEqual([]);
    for (const known of FOR_QUERIES) expect(unread).toContainEqual(expect.stringMatching(known));
  });
});

function metricsIn(logs: string): readonly MetricIdentity[] {
  return readdirSync(logs).flatMap((file) => metricsWritten(readFileSync(join(logs, file), 'utf8')));
}

/** Makes every function do everything that it ever does. */
async function exercise(cloud: LocalCloud): Promise<void> {
  const topic = await topicWitness(cloud.engine.bootstrapServers, 'orders');
  const url = cloud.apis[0]?.url ?? '';
  const checkout = checkoutClient(openApi(url));
  const quiet = (events: number) =>
    caughtUp(cloud, (mappings) =>
      expect(mappings.find(({ kind }) => kind === 'dynamodb-stream')?.delivered).toBe(events),
    );
  try {
    const [order] = [
      await checkout.place(sampleOrder(0, 2), 'a'),
      await checkout.place(sampleOrder(1, 2), 'b'),
    ];
    await checkout.place(sampleOrder(0, 2), 'a');
    expect((await fetch(new URL(`/orders/${order?.orderId}`, url))).status).toBe(200);
    await quiet(2);
    await checkout.cancel(order?.orderId ?? '');
    await quiet(3);
    await topic.copy(() => 0, 3);
    await topic.spoil(poison);
    await produce(cloud.engine.bootstrapServers, 'orders.dead-letters', { value: 'nothing of Lambda’s' });
    await quiet(3);
    await invoke(cloud, pathOf('Relay'), scheduledAt(Date.now()));
    await invoke(cloud, pathOf('Manifests/Manifest'), scheduledAt(Date.now() + 24 * 60 * 60_000));
  } finally {
    await topic.close();
  }
}

const scheduledAt = (time: number) => ({
  source: 'aws.events',
  'detail-type': 'Scheduled Event',
  time: new Date(time).toISOString(),
});

async function invoke(cloud: LocalCloud, path: string, event: object): Promise<void> {
  const name = cloud.model.functions.find((fn) => fn.path === path)?.name ?? '';
  const response = await fetch(new URL(`/2015-03-31/functions/${name}/invocations`, cloud.url), {
    method: 'POST',
    body: JSON.stringify(event),
  });
  expect([response.status, response.headers.get('x-amz-function-error'), await response.text()]).toEqual([
    200,
    null,
    expect.anything(),
  ]);
}
