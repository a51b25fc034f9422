import { describe, expect, it } from 'vitest';
import type { MappingApi, MappingConfiguration } from '../../../../../local/cli/mapping-api.ts';
import type { GroupOffsets } from '../../../../../local/cli/rewind/group-offsets.ts';
import { rewind, type Wanted } from '../../../../../local/cli/rewind/rewind.ts';
import { virtualClock } from '../../../../support/virtual-clock.ts';

/** A mapping and its group in memory, and what was done to them, in order. */
function world(
  state: 'Enabled' | 'Disabled',
  broken: { stranger?: true; set?: 'throws' | 'does nothing' } = {},
) {
  const done: string[] = [];
  let committed = 8n;
  let mapping: MappingConfiguration = {
    UUID: 'uuid',
    State: state,
    StateTransitionReason: '',
    FunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:shipping',
  };
  const api: MappingApi = {
    list: async () => [mapping],
    get: async () => mapping,
    settled: async (asked) => asked,
    setEnabled: async (_uuid, enabled) => {
      done.push(enabled ? 'enable' : 'disable');
      // What was in flight is handled by the time that it is disabled.
      if (!enabled) committed = 10n;
      mapping = { ...mapping, State: enabled ? 'Enabled' : 'Disabled' };
      return mapping;
    },
  };
  const offsets: GroupOffsets = {
    positions: async () => [{ partition: 0, low: 3n, high: 12n, committed, atTime: undefined }],
    members: async () => (broken.stranger ? 1 : 0),
    set: async ([step]) => {
      done.push(`set ${step?.to}`);
      if (broken.set === 'throws') throw new Error('the broker is gone');
      if (broken.set === undefined && step !== undefined) committed = step.to;
    },
  };
  const run = (wanted: Wanted = { to: { kind: 'beginning' }, passOver: false }) =>
    rewind(
      wanted,
      { mapping, groupId: 'shipping-service', topic: 'orders' },
      { api, offsets, timing: virtualClock(0), say: () => undefined },
    );
  return { run, done, committed: () => committed, state: () => mapping.State };
}

describe('rewind', () => {
  it('sets the offsets while the mapping is disabled, from where it has come to by then', async () => {
    const { run, done, committed } = world('Enabled');
    const { steps, mapping } = await run();
    expect(done).toEqual(['disable', 'set 3', 'enable']);
    expect(steps).toEqual([{ partition: 0, committed: 10n, to: 3n, again: 7n, passedOver: 0n }]);
    expect([mapping.State, committed()]).toEqual(['Enabled', 3n]);
  });

  it('passes over records only if it is told to, and disables nothing before', async () => {
    const { run, done, committed } = world('Enabled');
    await expect(run({ to: { kind: 'latest' }, passOver: false })).rejects.toMatchObject({
      code: 'REWIND_REFUSED',
      message: expect.stringContaining('would pass over 4 records'),
      remedy: [expect.stringContaining('--pass-over')],
    });
    expect(done).toEqual([]);
    const { steps } = await run({ to: { kind: 'latest' }, passOver: true });
    expect(steps).toEqual([{ partition: 0, committed: 10n, to: 12n, again: 0n, passedOver: 2n }]);
    expect([done, committed()]).toEqual([['disable', 'set 12', 'enable'], 12n]);
  });

  it('enables no mapping that was disabled', async () => {
    const { run, done, state } = world('Disabled');
    await run();
    expect([done, state()]).toEqual([['set 3'], 'Disabled']);
  });

  it.each([
    ['somebody else reads as the group', { stranger: true }, ['disable']],
    ['the offsets can’t be set', { set: 'throws' }, ['disable', 'set 3']],
    ['the broker has other offsets afterwards', { set: 'does nothing' }, ['disable', 'set 3']],
  ] as const)('leaves the mapping disabled, and says so, if %s', async (_, broken, done) => {
    const broke = world('Enabled', broken);
    await expect(broke.run()).rejects.toMatchObject({
      code: 'REWIND_FAILED',
      remedy: expect.arrayContaining([expect.stringContaining('millrace mapping enable shipping-service')]),
    });
    expect(broke.done).toEqual(done);
    expect(broke.state()).toBe('Disabled');
  });
});
