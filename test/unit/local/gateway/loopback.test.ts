import { expect, onTestFinished, test } from 'vitest';
import { isLocalRequest, openPort } from '../../../../local/gateway/loopback.ts';

async function open(port = 0) {
  const opened = await openPort(port);
  onTestFinished(() => opened.close());
  return opened;
}

test('a port in use is named, with a remedy that works as it is typed', async () => {
  const { url } = await open();

  await expect(open(Number(new URL(url).port))).rejects.toMatchObject({
    code: 'PORT_TAKEN',
    message: expect.stringContaining(new URL(url).port),
    remedy: ['Take any free one: npx millrace up --port 0'],
  });
});

test('whoever asks before there is anything to serve is told that it is starting', async () => {
  const port = await open();

  const early = await fetch(`${port.url}/orders`);
  expect([early.status, await early.json()]).toMatchObject([503, { starting: true }]);

  port.serve((_request, response) => response.end('here'));
  expect(await (await fetch(port.url)).text()).toBe('here');
});

test('an answer takes as long as it takes: no silence on its connection is too long', async () => {
  const port = await open();
  port.serve((request, response) => response.end(String(request.socket.timeout ?? 0)));

  const answers = await Promise.all([fetch(port.url), fetch(port.url, { method: 'POST', body: 'whole' })]);
  expect(await Promise.all(answers.map((answer) => answer.text()))).toEqual(['0', '0']);
});

test('closing frees the port, and may be done again', async () => {
  const port = await open();
  await port.close();
  await port.close();
  expect((await open(Number(new URL(port.url).port))).url).toBe(port.url);
});

test.each([
  ['localhost:8080', undefined],
  ['LOCALHOST', undefined],
  ['127.0.0.1:8080', undefined],
  ['[::1]:8080', undefined],
  ['localhost:8080', 'http://localhost:3000'],
  ['127.0.0.1:8080', 'http://127.0.0.1:8080'],
])('host %s with origin %s is local', (host, origin) => {
  expect(isLocalRequest(host, origin)).toBe(true);
});

test.each([
  [undefined, undefined],
  ['', undefined],
  ['shop.example.com', undefined],
  ['127.0.0.1.example.com:8080', undefined],
  ['localhost.example.com', undefined],
  ['localhost@shop.example.com', undefined],
  ['not a host', undefined],
  ['localhost:8080', 'https://shop.example.com'],
  ['localhost:8080', 'http://localhost.example.com'],
  ['localhost:8080', 'null'],
])('host %s with origin %s is not', (host, origin) => {
  expect(isLocalRequest(host, origin)).toBe(false);
});
