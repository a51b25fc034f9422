import { expect, test } from 'vitest';
import { eventually } from '../fake-function.ts';
import { recordsOf, running, text } from './running.ts';

test('LATEST begins at what is written after the start, on every partition', async () => {
  const { fn, start, send } = await running(2, { startingPosition: { at: 'LATEST' } });
  await send(0, 'old');
  await start();
  await send(0, 'new');
  await send(1, 'new too');
  await eventually(() => expect(recordsOf(fn.events).map(text).toSorted()).toEqual(['new', 'new too']));
});

test('LATEST is fixed by the first start: what is written before the second is delivered', async () => {
  const { fn, start, send, committed } = await running(1, { startingPosition: { at: 'LATEST' } });
  await send(0, 'old');
  const source = await start();
  expect(await committed()).toEqual([1]);
  await source.stop();
  await send(0, 'between');
  await start();
  await eventually(() => expect(recordsOf(fn.events).map(text)).toEqual(['between']));
});

test('AT_TIMESTAMP begins at the first record of that time or later', async () => {
  const startingPosition = { at: 'AT_TIMESTAMP', timestampMs: 1_790_000_000_000 } as const;
  const { fn, start, send } = await running(2, { startingPosition });
  await send(0, { value: 'before', timestamp: '1789999999999' });
  await send(0, { value: 'at', timestamp: '1790000000000' }, { value: 'after', timestamp: '1790000000001' });
  await send(1, { value: 'before', timestamp: '1780000000000' });
  await start();
  await send(1, { value: 'later', timestamp: '1790000000002' });
  await eventually(() => expect(recordsOf(fn.events).map(text).toSorted()).toEqual(['after', 'at', 'later']));
});
