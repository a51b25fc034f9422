import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { startGateway } from '../../../../local/gateway/gateway.ts';
import { openPort } from '../../../../local/gateway/loopback.ts';
import type { InvocationResult } from '../../../../local/lambda/invocation.ts';
import type { ScheduleModel } from '../../../../local/resources/schedule.ts';
import { readExpression } from '../../../../local/schedules/expression.ts';
import { scheduleRunHandler, schedulesOf } from '../../../../local/schedules/schedules.ts';

const begin = '2026-11-20T10:00:30.000Z';
const MINUTE = 60_000;

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse(begin) });
});
afterEach(() => {
  vi.useRealTimers();
});

function model(text: string, changes: Partial<ScheduleModel> = {}): ScheduleModel {
  const read = readExpression(text, 'scheduler');
  if ('refused' in read) throw new Error(read.refused);
  return {
    kind: 'rule',
    logicalId: 'Every',
    path: 'App/Every',
    arn: 'arn:aws:events:us-east-1:000000000000:rule/every',
    enabled: true,
    text,
    expression: read.expression,
    targets: [{ functionName: 'sweep', input: undefined }],
    ...changes,
  };
}

function running(...models: readonly ScheduleModel[]) {
  const enqueued: { at: string; functionName: string; event: unknown }[] = [];
  const invoked: { functionName: string; event: unknown }[] = [];
  const world = {
    enqueued,
    invoked,
    answer: { kind: 'throttled' } as InvocationResult,
    times: () => enqueued.map(({ at }) => at),
  };
  let ids = 0;
  const schedules = schedulesOf(models, {
    enqueue: (functionName, event) =>
      enqueued.push({ at: new Date().toISOString(), functionName, event: JSON.parse(event) }),
    invoke: async (functionName, event) => {
      invoked.push({ functionName, event: JSON.parse(event) });
      return world.answer;
    },
    clock: Date.now,
    newId: () => `id-${++ids}`,
    account: '000000000000',
    region: 'us-east-1',
  });
  return { ...world, world, schedules };
}

describe('a schedule', () => {
  it('fires nothing before it is started', () => {
    const { enqueued } = running(model('rate(1 minute)'));
    vi.advanceTimersByTime(10 * MINUTE);
    expect(enqueued).toEqual([]);
  });

  it('fires at a rate from its start on, and by the clock of UTC for cron', () => {
    const { schedules, times } = running(model('rate(1 minute)'), model('cron(0/2 * * * ? *)'));
    schedules.start();
    vi.advanceTimersByTime(3 * MINUTE);
    expect(times()).toEqual([
      '2026-11-20T10:01:30.000Z',
      '2026-11-20T10:02:00.000Z',
      '2026-11-20T10:02:30.000Z',
      '2026-11-20T10:03:30.000Z',
    ]);
  });

  it('sends the scheduled event as EventBridge words it, with the time it was meant for', () => {
    const { schedules, enqueued } = running(model('cron(5 10 * * ? *)'));
    schedules.start();
    vi.advanceTimersByTime(10 * MINUTE);
    expect(enqueued.map(({ event }) => JSON.stringify(event))).toEqual([
      '{"version":"0","id":"id-1","detail-type":"Scheduled Event","source":"aws.events","account":"000000000000",' +
        '"time":"2026-11-20T10:05:00Z","region":"us-east-1",' +
        '"resources":["arn:aws:events:us-east-1:000000000000:rule/every"],"detail":{}}',
    ]);
  });

  it('of Scheduler has its own event, and fills in the attributes of an input', () => {
    const input =
      '{"at":"<aws.scheduler.scheduled-time>","by":"<aws.scheduler.schedule-arn>","n":<aws.scheduler.attempt-number>}';
    const targets = [
      { functionName: 'sweep', input: undefined },
      { functionName: 'other', input },
    ];
    const { schedules, enqueued } = running(model('at(2026-11-20T10:05:00)', { kind: 'schedule', targets }));
    schedules.start();
    vi.advanceTimersByTime(2 * 24 * 60 * MINUTE);
    expect(enqueued.map(({ functionName, event }) => [functionName, event])).toMatchObject([
      ['sweep', { source: 'aws.scheduler', time: '2026-11-20T10:05:00Z', detail: '{}' }],
      ['other', { at: '2026-11-20T10:05:00Z', by: 'arn:aws:events:us-east-1:000000000000:rule/every', n: 1 }],
    ]);
  });

  it('gives a target’s input as it is', () => {
    const targets = [{ functionName: 'sweep', input: '{"full":"<aws.scheduler.scheduled-time>"}' }];
    const { schedules, enqueued } = running(model('rate(1 minute)', { targets }));
    schedules.start();
    vi.advanceTimersByTime(MINUTE);
    expect(enqueued[0]?.event).toEqual({ full: '<aws.scheduler.scheduled-time>' });
  });

  it('fires once after the machine has slept over several of its times', () => {
    const { schedules, times } = running(model('rate(5 minutes)'));
    schedules.start();
    // The clock jumps, the timers don't.
    vi.setSystemTime('2026-11-20T11:02:00.000Z');
    vi.advanceTimersByTime(5 * MINUTE);
    expect(times()).toHaveLength(2);
    expect(times()[1]).toBe('2026-11-20T11:05:30.000Z');
  });

  it('fires weeks ahead, which is longer than a timer runs', () => {
    const { schedules, times } = running(model('cron(0 0 20 12 ? 2026)'));
    schedules.start();
    vi.advanceTimersByTime(31 * 24 * 60 * MINUTE);
    expect(times()).toEqual(['2026-12-20T00:00:00.000Z']);
  });

  it('fires no more when it is stopped, and not at all when it is disabled', () => {
    const { schedules, enqueued } = running(
      model('rate(1 minute)'),
      model('rate(1 minute)', { enabled: false }),
    );
    schedules.start();
    vi.advanceTimersByTime(MINUTE);
    schedules.stop();
    vi.advanceTimersByTime(10 * MINUTE);
    expect(enqueued).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('tells when it ran and will run', () => {
    const { schedules } = running(model('rate(5 minutes)'), model('rate(1 minute)', { enabled: false }));
    const figures = () => schedules.status().map(({ runs, lastRun, nextRun }) => [runs, lastRun, nextRun]);
    schedules.start();
    expect(figures()).toEqual([
      [0, null, '2026-11-20T10:05:30.000Z'],
      [0, null, null],
    ]);
    vi.advanceTimersByTime(6 * MINUTE);
    expect(figures()[0]).toEqual([1, '2026-11-20T10:05:30.000Z', '2026-11-20T10:10:30.000Z']);
  });
});

describe('a run by hand', () => {
  it('invokes the functions once, of a disabled schedule too, and tells how they ended', async () => {
    const targets = [
      { functionName: 'sweep', input: undefined },
      { functionName: 'other', input: '{"full":true}' },
    ];
    const { schedules, world, invoked, enqueued } = running(
      model('rate(1 day)', { enabled: false, targets }),
    );
    schedules.start();
    world.answer = {
      kind: 'function-error',
      requestId: 'r',
      payload: Buffer.from('{"errorType":"Sandbox.Timedout"}'),
      errorType: 'Sandbox.Timedout',
      errorMessage: 'too slow',
      durationMs: 1,
    };
    const failed = {
      outcome: 'function-error',
      errorType: 'Sandbox.Timedout',
      payload: '{"errorType":"Sandbox.Timedout"}',
    };
    expect(await schedules.runNow('Every')).toEqual([
      { functionName: 'sweep', ...failed },
      { functionName: 'other', ...failed },
    ]);
    expect(invoked).toMatchObject([{ event: { time: '2026-11-20T10:00:30Z' } }, { event: { full: true } }]);
    expect(enqueued).toEqual([]);
    expect(schedules.status()[0]).toMatchObject({ runs: 1, lastRun: begin, nextRun: null });
  });

  it('tells its functions another time if asked to, and has run now all the same', async () => {
    const { schedules, invoked } = running(model('cron(15 0 * * ? *)'));
    await schedules.runNow('Every', Date.parse('2026-03-02T00:15:00Z'));
    expect(invoked).toMatchObject([{ event: { time: '2026-03-02T00:15:00Z' } }]);
    expect(schedules.status()[0]).toMatchObject({ runs: 1, lastRun: begin });
  });

  it('does not shift the next run', async () => {
    const { schedules } = running(model('rate(5 minutes)'));
    schedules.start();
    vi.advanceTimersByTime(MINUTE);
    await schedules.runNow('App/Every');
    expect(schedules.status()[0]?.nextRun).toBe('2026-11-20T10:05:30.000Z');
  });

  it('needs a schedule of that name, and only one', async () => {
    const { schedules, invoked } = running(
      model('rate(1 day)'),
      model('rate(1 day)', { path: 'Beta/Every' }),
    );
    expect(await schedules.runNow('Other')).toBe('unknown');
    expect(await schedules.runNow('Every')).toBe('ambiguous');
    expect(invoked).toEqual([]);
    expect(await schedules.runNow('Beta/Every')).toHaveLength(1);
  });
});

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
