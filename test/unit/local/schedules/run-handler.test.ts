import { expect, it, onTestFinished } from 'vitest';
import { startGateway } from '../../../../local/gateway/gateway.ts';
import { openPort } from '../../../../local/gateway/loopback.ts';
import { scheduleRunHandler } from '../../../../local/schedules/schedules.ts';

/** A gateway with the schedule `App/Every`, and the names it was asked to run. */
async function serving() {
  const asked: (string | undefined)[] = [];
  const handler = scheduleRunHandler({
    runNow: async (name, at) => {
      asked.push(name, at === undefined ? undefined : new Date(at).toISOString());
      if (name === 'Twice') return 'ambiguous';
      if (name !== 'App/Every') return 'unknown';
      return [{ functionName: 'sweep', outcome: 'success', errorType: null, payload: 'null' }];
    },
  });
  const gateway = startGateway({
    apis: [],
    at: await openPort(0),
    invoke: () => Promise.reject(new Error('no API')),
    account: '000000000000',
    prefixes: [handler],
    clock: Date.now,
    newRequestId: () => 'id',
    onError: () => undefined,
  });
  onTestFinished(() => gateway.stop());
  const send = async (path: string, init: RequestInit = { method: 'POST' }) => {
    const response = await fetch(`${gateway.url}/_millrace/schedules${path}`, init);
    return { status: response.status, body: await response.json() };
  };
  return { asked, send };
}

it('runs the schedule that is named and answers how its functions ended', async () => {
  const { send } = await serving();
  expect(await send('/App%2FEvery/run')).toEqual({
    status: 200,
    body: { results: [{ functionName: 'sweep', outcome: 'success', errorType: null, payload: 'null' }] },
  });
});

it('runs it as at another time that is asked for', async () => {
  const { send, asked } = await serving();
  expect((await send('/App%2FEvery/run?at=2026-03-02T00:15:00Z')).status).toBe(200);
  await send('/App%2FEvery/run');
  expect(asked).toEqual(['App/Every', '2026-03-02T00:15:00.000Z', 'App/Every', undefined]);
  expect((await send('/App%2FEvery/run?at=soon')).status).toBe(400);
});

it.each([
  ['/Other/run', 404],
  ['/Twice/run', 409],
  ['/App/Every/run', 404],
  ['/%E0%A4%A/run', 404],
  ['', 404],
])('answers POST %s with %i and the reason', async (path, status) => {
  const { send } = await serving();
  expect(await send(path)).toEqual({ status, body: { message: expect.any(String) } });
});

it('runs nothing for a GET, nor for the page of another site', async () => {
  const { send, asked } = await serving();
  expect((await send('/App%2FEvery/run', { method: 'GET' })).status).toBe(405);
  const foreign = { method: 'POST', headers: { origin: 'https://example.com' } };
  expect((await send('/App%2FEvery/run', foreign)).status).toBe(403);
  expect(asked).toEqual([]);
});
