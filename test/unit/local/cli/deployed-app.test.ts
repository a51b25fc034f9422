import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { checkoutApi } from '../../../../cli/order/checkout-client.ts';
import { appAt } from '../../../../local/cli/app.ts';
import { type FakeAwsOptions, fakeAws, NO_PROFILES } from '../../../support/fake-aws.ts';

const orders = {
  outputs: {
    ApiUrl: 'https://abc.execute-api.us-east-1.amazonaws.com',
    OrdersTable: 'orders & more',
  },
  mappings: { Email: 'uuid-1', Shipping: 'uuid-2', Relay: 'uuid-3' },
};

async function stackIn(options: Partial<FakeAwsOptions>) {
  const aws = await fakeAws({ stacks: () => ({}), ...options });
  onTestFinished(() => aws.stop());
  for (const [name, value] of Object.entries(aws.env)) vi.stubEnv(name, value === '' ? undefined : value);
  return aws;
}

const at = (stack: string) => appAt({ projectDir: '/nowhere', stack });

describe('a deployed app', () => {
  beforeEach(() => {
    vi.stubEnv('AWS_REGION', undefined);
    for (const [name, value] of Object.entries(NO_PROFILES)) vi.stubEnv(name, value);
  });
  afterEach(() => vi.unstubAllEnvs());

  it('is where the outputs of its stack say', async () => {
    const { requests } = await stackIn({ stacks: () => ({ orders }) });
    const app = await at('orders');
    expect(app.name).toBe('the stack orders in us-east-1');
    expect(app.output('OrdersTable')).toBe('orders & more');
    expect(checkoutApi(app).url).toBe(orders.outputs.ApiUrl);
    expect(app.dynamodb.region).toBe('us-east-1');
    expect(requests).toEqual(['cloudformation DescribeStacks']);
  });

  it('knows its own event source mappings, on however many pages they are', async () => {
    await stackIn({ stacks: () => ({ orders }) });
    const isOurs = await (await at('orders')).mappingFilter();
    expect(['uuid-1', 'uuid-2', 'uuid-3', 'uuid-4', 'orders'].filter(isOurs)).toEqual([
      'uuid-1',
      'uuid-2',
      'uuid-3',
    ]);
  });

  it('of another kind lacks an output, by name', async () => {
    await stackIn({ stacks: () => ({ shop: { outputs: { Url: 'x' }, mappings: {} } }) });
    const app = await at('shop');
    for (const use of [() => app.output('OrdersTable'), () => checkoutApi(app)]) {
      expect(use).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
    }
    expect(() => app.output('OrdersTable')).toThrow('the stack shop in us-east-1 has no output OrdersTable');
  });

  it('that is not there is named with its region', async () => {
    await stackIn({ stacks: () => ({ orders }) });
    await expect(at('order')).rejects.toMatchObject({
      code: 'STACK_NOT_FOUND',
      message: 'there is no stack order in us-east-1',
      remedy: [expect.stringContaining('AWS_REGION')],
    });
  });

  it.each(['AccessDenied', 'ExpiredToken', 'InvalidClientTokenId'])('says what %s means', async (code) => {
    await stackIn({ refusal: { code, message: 'User: somebody is not authorized' } });
    await expect(at('orders')).rejects.toMatchObject({
      code: 'AWS_REFUSED',
      message: expect.stringContaining('User: somebody is not authorized'),
      remedy: [expect.stringContaining('cloudformation:DescribeStacks')],
    });
  });

  it('is not looked for with a secret that is wrong', async () => {
    const { requests } = await stackIn({ stacks: () => ({ orders }) });
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'another');
    await expect(at('orders')).rejects.toMatchObject({ code: 'AWS_REFUSED' });
    expect(requests).toEqual([]);
  });

  it('without a region or credentials says how to give them', async () => {
    await stackIn({ stacks: () => ({ orders }) });
    vi.stubEnv('AWS_REGION', undefined);
    await expect(at('orders')).rejects.toMatchObject({ code: 'REGION_MISSING' });
    vi.stubEnv('AWS_REGION', 'eu-central-1');
    vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
    await expect(at('orders')).rejects.toMatchObject({
      code: 'CREDENTIALS_MISSING',
      remedy: [expect.stringContaining('AWS_PROFILE')],
    });
  });
});
