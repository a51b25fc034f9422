import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { success } from '../../../../support/invocation-results.ts';
import { eventually, fakeFunction, gate } from '../fake-function.ts';
import { type KafkaEvent, offsetsOf, recordsOf, running } from './running.ts';

const numbers = (count: number) => Array.from({ length: count }, (_, i) => String(i));

test('what a source leaves behind, the source that stays takes over', async () => {
  const { fn: first, start, send, committed } = await running(2);
  const second = fakeFunction<KafkaEvent>();
  const leaving = await start();
  await start({}, { invoke: second.invoke });
  await leaving.stop();
  await send(0, 'a');
  await send(1, 'b');
  await eventually(async () => expect(await committed()).toEqual([1, 1]));
  expect(first.events).toEqual([]);
  expect(recordsOf(second.events)).toHaveLength(2);
});

test('a partition that never ends its batch does not keep the others from being read, however long its backlog', async () => {
  const { fn, start, send } = await running(2, { batchSize: 10 });
  const stuck = gate();
  fn.answer = (event) => (offsetsOf([event], 0).length > 0 ? stuck.opened : success());
  const value = 'x'.repeat(10_000);
  for (let chunk = 0; chunk < 200; chunk += 1) await send(0, value, value, value, value, value);
  await start();
  await eventually(() => expect(offsetsOf(fn.events, 0)).toHaveLength(10));
  await send(1, ...numbers(50));
  await eventually(() => expect(offsetsOf(fn.events, 1)).toHaveLength(50));
  stuck.release();
  await eventually(() => expect(offsetsOf(fn.events, 0)).toEqual(numbers(1_000).map(Number)));
});

describe('stop', () => {
  test('waits for the batch in flight and commits it; the next start goes on behind it', async () => {
    const { fn, start, send, committed } = await running(1, { batchSize: 2 });
    const held = gate();
    fn.answer = () => held.opened;
    const source = await start();
    await send(0, ...numbers(5));
    await eventually(() => expect(fn.events).toHaveLength(1));
    const stopping = source.stop();
    held.release();
    await stopping;
    expect(await committed()).toEqual([2]);
    expect(fn.events).toHaveLength(1);
    await start();
    await eventually(async () => expect(await committed()).toEqual([5]));
    expect(offsetsOf(fn.events, 0)).toEqual([0, 1, 2, 3, 4]);
  });

  test('does not wait longer than its bound; what was in flight is delivered again', async () => {
    const { fn, start, send, committed } = await running(1);
    fn.answer = () => new Promise(() => {});
    const source = await start();
    await send(0, 'a');
    await eventually(() => expect(fn.events).toHaveLength(1));
    const abandoned = Symbol('abandoned');
    expect(await Promise.race([source.stop(), sleep(4_000, abandoned)])).not.toBe(abandoned);
    expect(await committed()).toEqual([-1]);
    fn.answer = () => success();
    await start();
    await eventually(async () => expect(await committed()).toEqual([1]));
    expect(offsetsOf(fn.events, 0)).toEqual([0, 0]);
  });
});
