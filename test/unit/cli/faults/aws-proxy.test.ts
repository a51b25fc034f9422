import { once } from 'node:events';
import { Agent, createServer, request as httpRequest } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type AwsRequest, type Fate, PASS, startAwsProxy } from '../../../../cli/faults/aws-proxy.ts';

/** An endpoint that keeps what it gets and answers in kind, behind a proxy. */
async function behindProxy(fateOf: (request: AwsRequest) => Fate) {
  const received: string[] = [];
  const done: string[] = [];
  const hungUp: string[] = [];
  const endpoint = createServer(async (request, response) => {
    received.push(await text(request));
    response.setHeader('x-amz-crc32', '7').end(`answer ${received.length}`);
  });
  endpoint.listen(0, '127.0.0.1');
  await once(endpoint, 'listening');
  const address = endpoint.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const proxy = await startAwsProxy(() => `http://127.0.0.1:${port}`, fateOf, {
    done: ({ body }, asked, status) => done.push(`${body}: ${asked} ${status}`),
    hungUp: ({ body }) => hungUp.push(body),
  });
  onTestFinished(async () => {
    await proxy.stop();
    endpoint.close();
    endpoint.closeAllConnections();
  });
  const send = (body: string, target?: string) =>
    fetch(`${proxy.url}/v2/email/outbound-emails?x=1`, {
      method: 'POST',
      body,
      headers: { 'user-agent': 'app/7', ...(target !== undefined && { 'x-amz-target': target }) },
    });
  return { proxy, received, done, hungUp, send };
}

describe('startAwsProxy', () => {
  it('passes requests and answers on, and names their operations', async () => {
    const { proxy, received, send } = await behindProxy(() => PASS);
    const answer = await send('one', 'DynamoDB_20120810.BatchGetItem');
    expect([answer.status, answer.headers.get('x-amz-crc32'), await answer.text()]).toEqual([
      200,
      '7',
      'answer 1',
    ]);
    await send('two');
    expect(received).toEqual(['one', 'two']);
    expect(proxy.operations).toEqual(['BatchGetItem', 'POST /v2/email/outbound-emails']);
  });

  it('answers in the endpoint’s place', async () => {
    const { received, send } = await behindProxy(({ body }) =>
      body === 'no' ? { kind: 'answer', status: 503, type: 'ServiceUnavailable' } : PASS,
    );
    const answer = await send('no');
    expect([answer.status, answer.headers.get('x-amzn-errortype')]).toEqual([503, 'ServiceUnavailable']);
    expect((await send('yes')).status).toBe(200);
    expect(received).toEqual(['yes']);
  });

  it('loses requests, and answers to what was done', async () => {
    const { received, send } = await behindProxy(({ body }) =>
      body === 'request' ? { kind: 'lost-request' } : { kind: 'lost-answer' },
    );
    await expect(send('request')).rejects.toThrow();
    await expect(send('answer')).rejects.toThrow();
    expect(received).toEqual(['answer']);
  });

  it('has the headers of an answer come alone, or with a half of it, or byte by byte', async () => {
    const { received, send } = await behindProxy(({ body }) => ({ kind: body as 'cut-answer' }));
    const [stalled, cut, trickled] = await Promise.all([
      send('stalled-answer'),
      send('cut-answer'),
      send('trickled-answer'),
    ]);
    expect([stalled.status, cut.status, trickled.status]).toEqual([200, 200, 200]);
    const next = await trickled.body?.getReader().read();
    expect(next?.value).toHaveLength(1);
    await expect(cut.text()).rejects.toThrow();
    const silence = stalled.text().then(
      () => 'text',
      () => 'closed',
    );
    expect(await Promise.race([silence, delay(20, 'nothing')])).toBe('nothing');
    expect(received.toSorted()).toEqual(['cut-answer', 'stalled-answer', 'trickled-answer']);
  });

  it('tells untruths about what was done', async () => {
    const { done, send } = await behindProxy(({ userAgent }) =>
      userAgent === 'app/7' ? { kind: 'untrue-answer', status: 500, type: 'InternalFailure' } : PASS,
    );
    const answer = await send('one');
    expect([answer.status, await answer.json()]).toEqual([
      500,
      expect.objectContaining({ message: 'injected' }),
    ]);
    expect(done).toEqual(['one: one 200']);
  });

  it('tells of the last request of a connection that its client closed, answered or not', async () => {
    const { proxy, hungUp } = await behindProxy(({ body }) =>
      body === 'lost' ? { kind: 'lost-answer' } : body === 'slow' ? { kind: 'slow', ms: 50 } : PASS,
    );
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ask = (body: string) => {
      const request = httpRequest(proxy.url, { agent, method: 'POST' }).end(body);
      return { request, answer: once(request, 'response') };
    };
    const heard = async (body: string) => {
      const [answer] = await ask(body).answer;
      await text(answer);
    };
    await heard('one');
    await heard('two');
    await expect(ask('lost').answer).rejects.toThrow();
    expect(hungUp).toEqual([]);
    await heard('three');
    agent.destroy();
    await expect.poll(() => hungUp).toEqual(['three']);
    const { request, answer } = ask('slow');
    answer.catch(() => undefined);
    await expect.poll(() => proxy.operations.length).toBe(5);
    request.destroy();
    await expect.poll(() => hungUp).toEqual(['three', 'slow']);
    agent.destroy();
  });

  it('has a part of a request done, and tells of the rest what it is told to', async () => {
    const { received, done, send } = await behindProxy(({ body }) => ({
      kind: 'partly',
      ask: body.slice(0, 2),
      tell: (answer) => `${answer}, ${body.slice(2)} is left`,
    }));
    const answer = await send('three');
    expect([answer.headers.get('x-amz-crc32'), await answer.text()]).toEqual([null, 'answer 1, ree is left']);
    expect(received).toEqual(['th']);
    expect(done).toEqual(['three: th 200']);
  });
});
