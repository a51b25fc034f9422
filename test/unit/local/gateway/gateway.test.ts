import { Agent, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import { type GatewayOptions, startGateway } from '../../../../local/gateway/gateway.ts';
import { openPort } from '../../../../local/gateway/loopback.ts';
import type { Invoke } from '../../../../local/lambda/invocation.ts';
import type { HttpApiModel } from '../../../../local/resources/http-api.ts';

const api = (apiId: string, ...routeKeys: string[]): HttpApiModel => ({
  logicalId: apiId,
  path: apiId,
  apiId,
  name: apiId,
  routes: routeKeys.map((routeKey) => ({
    routeKey,
    functionName: `${apiId} ${routeKey}`,
    authorization: 'NONE',
    tokenSource: undefined,
  })),
  jwtClaims: {},
});

/** Answers with the function's name and the event. */
const echo: Invoke = async (functionName, event) => ({
  kind: 'success',
  requestId: 'r-1',
  payload: Buffer.from(JSON.stringify({ functionName, event: JSON.parse(event) })),
  durationMs: 1,
});

async function start(overrides: Partial<GatewayOptions> = {}) {
  const gateway = startGateway({
    apis: [api('shop', 'POST /orders', 'GET /orders/{id}')],
    at: await openPort(0),
    invoke: echo,
    account: '123456789012',
    prefixes: [],
    clock: () => 0,
    newRequestId: () => 'id-1',
    onError: () => undefined,
    ...overrides,
  });
  onTestFinished(() => gateway.stop());
  return gateway;
}

test('a request reaches its function as an event, and the answer its client', async () => {
  const { url } = await start();

  const response = await fetch(`${url}/orders?a=1`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"x":1}',
  });

  expect(response.status).toBe(200);
  expect(response.headers.get('apigw-requestid')).toBe('id-1');
  expect(await response.json()).toMatchObject({
    functionName: 'shop POST /orders',
    event: { rawPath: '/orders', rawQueryString: 'a=1', body: '{"x":1}', requestContext: { apiId: 'shop' } },
  });
});

test('a function sees the path decoded, as HTTP APIs have it, and the query as it was sent', async () => {
  const { url } = await start({ apis: [api('shop', 'ANY /files/{path+}', '$default')] });
  const seen = async (path: string) => {
    const { event } = (await (await fetch(url + path)).json()) as { event: Record<string, unknown> };
    return event;
  };

  const path = '/files/%40id/rück seite#1.txt/100%';
  expect(await seen('/files/%2540id%2Fr%C3%BCck%20seite%231.txt/100%25?q=%40%20')).toMatchObject({
    rawPath: path,
    rawQueryString: 'q=%40%20',
    requestContext: { http: { path } },
    pathParameters: { path: '%40id/rück seite#1.txt/100%' },
  });
  expect(await seen('/space%20value')).toMatchObject({
    routeKey: '$default',
    rawPath: '/space value',
    requestContext: { http: { path: '/space value' } },
  });
});

test('status, headers, cookies and bytes of an answer arrive as they are', async () => {
  const answer = {
    statusCode: 418,
    headers: { 'content-type': 'image/png' },
    cookies: ['a=1', 'b=2'],
    body: Buffer.from([0, 255]).toString('base64'),
    isBase64Encoded: true,
  };
  const { url } = await start({
    invoke: async () => ({
      kind: 'success',
      requestId: 'r',
      payload: Buffer.from(JSON.stringify(answer)),
      durationMs: 1,
    }),
  });

  const response = await fetch(`${url}/orders/1`);

  expect(response.status).toBe(418);
  expect(response.headers.get('content-type')).toBe('image/png');
  expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
  expect([...new Uint8Array(await response.arrayBuffer())]).toEqual([0, 255]);
});

test.each([
  ['GET', '/nowhere', 404, 'Not Found'],
  ['DELETE', '/orders', 404, 'Not Found'],
  ['GET', '/orders/%ff', 400, 'Bad Request'],
])('%s %s is answered by API Gateway itself', async (method, path, status, message) => {
  const { url } = await start();

  const response = await fetch(url + path, { method });

  expect([response.status, await response.json()]).toEqual([status, { message }]);
});

test('without any API everything is Not Found', async () => {
  const { url } = await start({ apis: [] });

  expect((await fetch(url)).status).toBe(404);
});

test('several APIs share the port: the first at the root, each below its id', async () => {
  const gateway = await start({
    apis: [api('shop', 'ANY /{proxy+}'), api('back office', 'GET /', 'GET /stock')],
  });
  const functionAt = async (url: string) =>
    (await (await fetch(url)).json()) as { functionName: string; event: object };

  expect(gateway.apiUrl('shop')).toBe(gateway.url);
  expect(gateway.apiUrl('back office')).toBe(`${gateway.url}/_apis/back%20office`);
  expect(gateway.apiUrl('nobody')).toBeUndefined();
  expect(await functionAt(`${gateway.url}/stock`)).toMatchObject({ functionName: 'shop ANY /{proxy+}' });
  expect(await functionAt(`${gateway.url}/_apis/shop/a`)).toMatchObject({ event: { rawPath: '/a' } });
  expect(await functionAt(`${gateway.apiUrl('back office')}/stock?q`)).toMatchObject({
    functionName: 'back office GET /stock',
    event: { rawPath: '/stock', rawQueryString: 'q' },
  });
  expect(await functionAt(`${gateway.apiUrl('back office')}`)).toMatchObject({
    functionName: 'back office GET /',
  });
});

test('a prefix goes before the APIs, and takes whole segments only', async () => {
  const { url } = await start({
    apis: [api('shop', 'GET /{proxy+}')],
    prefixes: [
      { prefix: '/_millrace/status', handle: (_request, response) => void response.end('{"up":true}') },
    ],
  });

  expect(await (await fetch(`${url}/_millrace/status`)).json()).toEqual({ up: true });
  expect(await (await fetch(`${url}/_millrace/status/deep?x`)).json()).toEqual({ up: true });
  expect(await (await fetch(`${url}/_millrace/statuses`)).json()).toMatchObject({
    functionName: 'shop GET /{proxy+}',
  });
});

test('a prefix handler or an invocation that rejects is a 500, and is told', async () => {
  const told: unknown[] = [];
  const { url } = await start({
    invoke: () => Promise.reject(new Error('host')),
    prefixes: [{ prefix: '/_broken', handle: () => Promise.reject(new Error('handler')) }],
    onError: (error) => told.push(error),
  });

  const statuses = [(await fetch(`${url}/_broken`)).status, (await fetch(`${url}/orders/1`)).status];

  expect(statuses).toEqual([500, 500]);
  expect(told).toEqual([new Error('handler'), new Error('host')]);
});

test('a body up to 10 MB is accepted, one byte more is refused, and the connection lives on', async () => {
  const { url } = await start({
    invoke: async (_name, event) => ({
      kind: 'success',
      requestId: 'r',
      payload: Buffer.from(String(event.length)),
      durationMs: 1,
    }),
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  const post = (bytes: number) =>
    new Promise<[number | undefined, number | undefined]>((resolve, reject) => {
      const outgoing = request(`${url}/orders`, {
        method: 'POST',
        agent,
        headers: { 'content-type': 'text/plain' },
      });
      outgoing.on('response', (response: IncomingMessage) => {
        response.resume().on('end', () => resolve([response.statusCode, outgoing.socket?.localPort]));
      });
      outgoing.on('error', reject);
      outgoing.end(Buffer.alloc(bytes, 'x'));
    });

  const large = await post(10 * 1024 * 1024 + 1);
  const small = await post(5 * 1024 * 1024);

  expect([large[0], small[0]]).toEqual([413, 200]);
  expect(small[1]).toBe(large[1]);
});

test.each([
  ['Host: shop.example.com', 'the name of another site'],
  ['Host: localhost\r\nOrigin: https://shop.example.com', 'a page of another site'],
])('a request with %s is refused, prefixes included', async (headers) => {
  const handle = vi.fn();
  const { url } = await start({ prefixes: [{ prefix: '/_millrace/status', handle }], invoke: handle });

  for (const path of ['/orders/1', '/_millrace/status']) {
    const text = await rawRequest(url, `GET ${path} HTTP/1.1\r\n${headers}\r\nConnection: close\r\n\r\n`);
    expect(text).toMatch(/^HTTP\/1\.1 403 /);
  }
  expect(handle).not.toHaveBeenCalled();
});

test('a client that leaves before its body is complete invokes nothing', async () => {
  const invoke = vi.fn<Invoke>(echo);
  const { url } = await start({ invoke });
  const { port } = new URL(url);
  const socket = connect(Number(port), '127.0.0.1');
  socket.write('POST /orders HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf');
  await vi.waitUntil(() => socket.bytesWritten > 0 && !socket.pending);
  socket.destroy();

  expect((await fetch(`${url}/orders/1`)).status).toBe(200);
  expect(invoke).toHaveBeenCalledTimes(1);
});

test('a client that leaves while its function works harms nobody', async () => {
  const invoked = Promise.withResolvers<void>();
  const finish = Promise.withResolvers<void>();
  const onError = vi.fn();
  const { url } = await start({
    onError,
    invoke: async (functionName, event) => {
      invoked.resolve();
      await finish.promise;
      return echo(functionName, event);
    },
  });
  const leaving = new AbortController();
  const left = fetch(`${url}/orders/1`, { signal: leaving.signal });
  await invoked.promise;

  leaving.abort();
  await expect(left).rejects.toThrow();
  finish.resolve();

  expect((await fetch(`${url}/orders/1`)).status).toBe(200);
  expect(onError).not.toHaveBeenCalled();
});

test('stopping cuts what is in flight and frees the port', async () => {
  const invoked = Promise.withResolvers<void>();
  const gateway = await start({
    invoke: () => {
      invoked.resolve();
      return new Promise(() => undefined);
    },
  });
  const inFlight = fetch(`${gateway.url}/orders/1`);
  const cut = expect(inFlight).rejects.toThrow();
  await invoked.promise;

  await gateway.stop();

  await cut;
  await start({ at: await openPort(Number(new URL(gateway.url).port)) });
});

function rawRequest(url: string, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(answer));
    socket.write(text);
  });
}

/** An API whose one route wants a token, with what is claimed for whoever brings none. */
const members: HttpApiModel = {
  ...api('members'),
  routes: [
    {
      routeKey: 'GET /me',
      functionName: 'me',
      authorization: 'JWT',
      tokenSource: '$request.header.Authorization',
    },
  ],
  jwtClaims: { sub: 'somebody' },
};

test('a route with JWT is given the claims of the token, those of millrace.json without one', async () => {
  const { url } = await start({ apis: [members] });
  const claims = async (headers: Record<string, string>) => {
    const answer = await fetch(`${url}/me`, { headers });
    const { event } = (await answer.json()) as { event: { requestContext: { authorizer: unknown } } };
    return event.requestContext.authorizer;
  };
  const payload = Buffer.from(JSON.stringify({ sub: 'customer-1' })).toString('base64url');

  expect(await claims({})).toEqual({ jwt: { claims: { sub: 'somebody' }, scopes: null } });
  expect(await claims({ authorization: `Bearer e30.${payload}.sig` })).toMatchObject({
    jwt: { claims: { sub: 'customer-1' } },
  });
});

test('what is no token is refused before its function is asked', async () => {
  const invoke = vi.fn(echo);
  const { url } = await start({ apis: [members], invoke });
  const response = await fetch(`${url}/me`, { headers: { authorization: 'Bearer nonsense' } });
  expect([response.status, await response.json()]).toEqual([401, { message: 'Unauthorized' }]);
  expect(invoke).not.toHaveBeenCalled();
});
