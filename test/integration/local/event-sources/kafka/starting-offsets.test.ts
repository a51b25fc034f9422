import { expect, test } from 'vitest';
import { ownBroker } from '../../../recovery/own-broker.ts';
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

test('many mappings start at once on a broker that has never had a group, and each is in its group then', async () => {
  const broker = await ownBroker();
  const time = { at: 'AT_TIMESTAMP', timestampMs: Date.now() } as const;
  const mappings = await Promise.all(
    Array.from({ length: 9 }, (_, n) =>
      running(2, { startingPosition: n % 2 === 0 ? { at: 'LATEST' } : time, pollers: (n % 2) + 1 }, broker),
    ),
  );
  await Promise.all(mappings.map(({ start }) => start()));
  for (const { assigned, mapping } of mappings) expect(await assigned()).toHaveLength(mapping.pollers);
  await Promise.all(mappings.map(({ send }) => send(1, 'new')));
  for (const { fn } of mappings)
    await eventually(() => expect(recordsOf(fn.events).map(text)).toEqual(['new']));
});
