import { expect, test, vi } from 'vitest';
import { fakeMappings, kafkaMapping } from './fake-mappings.ts';

const mapping = kafkaMapping('m');

/** The state of the only mapping, as the list and the status tell it. */
async function statesOf({ mappings }: ReturnType<typeof fakeMappings>) {
  return [mappings.list()[0]?.state, (await mappings.status())[0]?.state];
}

const settled = (all: ReturnType<typeof fakeMappings>) =>
  vi.waitUntil(() => /ed$/.test(all.mappings.list()[0]?.state ?? ''));

test.each([
  [true, 'Enabled'],
  [false, 'Disabled'],
] as const)('a mapping with Enabled %s of the template starts %s', async (enabled, state) => {
  const all = fakeMappings([{ ...mapping, enabled }]);
  expect(await statesOf(all)).toEqual(['Creating', undefined]);

  await all.mappings.start();

  expect(await statesOf(all)).toEqual([state, state]);
  expect(all.sources.map((source) => source.mapping.enabled)).toEqual([enabled]);
});

test('disabling begins nothing more, waits for what is in flight, then leaves', async () => {
  const all = fakeMappings([mapping]);
  await all.mappings.start();
  const [source] = all.sources;

  expect(all.mappings.setEnabled('m', false)).toBe('accepted');

  expect(await statesOf(all)).toEqual(['Disabling', 'Disabling']);
  expect(source?.calls).toEqual(['drain']);
  expect(all.saved.get('m')).toBe(false);
  source?.drained();
  await settled(all);
  expect(await statesOf(all)).toEqual(['Disabled', 'Disabled']);
  expect(source?.calls).toEqual(['drain', 'stop']);
});

test('enabling puts the idle source away and starts one that reads', async () => {
  const all = fakeMappings([{ ...mapping, enabled: false }]);
  await all.mappings.start();

  all.mappings.setEnabled('m', true);

  expect(await statesOf(all)).toEqual(['Enabling', 'Enabling']);
  await settled(all);
  expect(await statesOf(all)).toEqual(['Enabled', 'Enabled']);
  expect(all.sources.map(({ mapping, calls }) => [mapping.enabled, calls])).toEqual([
    [false, ['stop']],
    [true, []],
  ]);
  expect(all.saved.get('m')).toBe(true);
});

test('what a mapping has done is counted over all its sources', async () => {
  const all = fakeMappings([mapping]);
  await all.mappings.start();
  const [first] = all.sources;
  if (first !== undefined) first.tally.delivered += 3;
  all.mappings.setEnabled('m', false);
  first?.drained();
  await settled(all);
  all.mappings.setEnabled('m', true);
  await settled(all);
  const second = all.sources[1];
  if (second !== undefined) second.tally.delivered += 2;
  expect((await all.mappings.status())[0]?.delivered).toBe(5);
});

test('what was asked for counts at the next start, not the template', async () => {
  const all = fakeMappings([mapping]);
  all.saved.set('m', false);
  await all.mappings.start();
  expect(all.mappings.list()[0]?.state).toBe('Disabled');
});

test('between two states nothing can be changed; what it is already changes nothing', async () => {
  const all = fakeMappings([mapping]);
  expect(all.mappings.setEnabled('m', false)).toBe('in-use');
  await all.mappings.start();
  const since = all.mappings.list()[0]?.lastModifiedMs;

  expect(all.mappings.setEnabled('m', true)).toBe('accepted');
  expect(all.mappings.list()[0]?.lastModifiedMs).toBe(since);
  expect(all.saved.size).toBe(0);

  all.mappings.setEnabled('m', false);
  expect(all.mappings.setEnabled('m', true)).toBe('in-use');
  expect(all.saved.get('m')).toBe(false);
  expect(all.mappings.setEnabled('other', true)).toBe('unknown');
});

test('a source that does not start leaves its mapping disabled and says why; the next try may succeed', async () => {
  let broker = false;
  const all = fakeMappings([{ ...mapping, enabled: false }], async ({ enabled }) => {
    if (enabled && !broker) throw new Error('no broker');
  });
  await all.mappings.start();

  all.mappings.setEnabled('m', true);
  await settled(all);
  expect(all.mappings.list()).toMatchObject([{ state: 'Disabled', reason: 'no broker' }]);
  expect(all.saved.get('m')).toBe(false);
  expect(all.lines).toEqual([`App/m: it can't be enabled (no broker)`]);

  broker = true;
  all.mappings.setEnabled('m', true);
  await settled(all);
  expect(all.mappings.list()).toMatchObject([{ state: 'Enabled', reason: 'USER_INITIATED' }]);
});

test('one that does not start at the beginning fails the start, when the others have started', async () => {
  const slow = Promise.withResolvers<void>();
  const all = fakeMappings([mapping, kafkaMapping('slow')], async ({ uuid }) => {
    if (uuid === 'm') throw new Error('no topic');
    await slow.promise;
  });
  const started = all.mappings.start().catch((error: unknown) => error);
  slow.resolve();
  expect(await started).toEqual(new Error('no topic'));
  expect(all.sources.map((source) => source.mapping.uuid)).toEqual(['slow']);
  await all.mappings.stop();
  expect(all.sources[0]?.calls).toEqual(['stop']);
});

test('stopping waits for a source that is just starting, and stops it too', async () => {
  const [begun, held] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const all = fakeMappings([{ ...mapping, enabled: false }], async ({ enabled }) => {
    if (!enabled) return;
    begun.resolve();
    await held.promise;
  });
  await all.mappings.start();
  all.mappings.setEnabled('m', true);
  await begun.promise;

  const stop = all.mappings.stop();
  held.resolve();
  await stop;

  expect(all.sources.map(({ mapping, calls }) => [mapping.enabled, calls])).toEqual([
    [false, ['stop']],
    [true, ['stop']],
  ]);
});

test('stopping while the idle source of a mapping is being put away starts no other one', async () => {
  const all = fakeMappings([{ ...mapping, enabled: false }]);
  await all.mappings.start();
  all.mappings.setEnabled('m', true);

  await all.mappings.stop();

  expect(all.sources).toHaveLength(1);
});

test('stopping does not wait for a batch in flight of a mapping that is being disabled', async () => {
  const all = fakeMappings([mapping]);
  await all.mappings.start();
  all.mappings.setEnabled('m', false);

  await all.mappings.stop();

  expect(all.sources[0]?.calls).toEqual(['drain', 'stop', 'stop']);
});
