import { describe, expect, it } from 'vitest';
import { openApi, signedApi } from '../../../../cli/order/checkout-client.ts';
import { signatureOf } from '../../../support/signature.ts';

const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret', sessionToken: 'session' };
const api = signedApi('https://abc.execute-api.eu-central-1.amazonaws.com', {
  region: 'eu-central-1',
  credentials,
});

async function received(path: string, body: string | undefined, headers: Record<string, string> = {}) {
  const url = new URL(path, api.url);
  const method = body === undefined ? 'GET' : 'POST';
  const sent = await api.authorized({ method, url, headers, body });
  return { method, target: path, headers: { ...sent, host: url.host }, body: body ?? '' };
}

describe('a signed request', () => {
  it.each([
    ['/orders/ord_1', undefined, {}],
    ['/orders', '{"name":"Ünï"}', { 'content-type': 'application/json', 'idempotency-key': 'a  b' }],
    ['/orders/ord_1/cancel', '', {}],
  ])('to %s is signed for the API, with all that it says', async (path, body, headers) => {
    const request = await received(path, body, headers);
    expect(signatureOf(request, 'secret')).toEqual({ region: 'eu-central-1', service: 'execute-api' });
    expect(request.headers).toMatchObject({ 'x-amz-security-token': 'session' });
    expect(signatureOf(request, 'another secret')).toBe('wrong');
    expect(signatureOf({ ...request, body: `${request.body} ` }, 'secret')).toBe('wrong');
    expect(signatureOf({ ...request, target: '/orders/ord_2' }, 'secret')).toBe('wrong');
  });

  it('keeps the headers it had, and names no host, which fetch does', async () => {
    const headers = { 'idempotency-key': 'k' };
    const url = new URL('/orders', api.url);
    const sent = await api.authorized({ method: 'POST', url, headers, body: '{}' });
    expect(sent).toMatchObject(headers);
    expect(Object.keys(sent)).not.toContain('host');
  });
});

it('an open API is asked as it is', async () => {
  const url = new URL('http://127.0.0.1:4000/orders');
  expect(
    await openApi('http://127.0.0.1:4000').authorized({ method: 'GET', url, headers: { a: 'b' } }),
  ).toEqual({
    a: 'b',
  });
});
