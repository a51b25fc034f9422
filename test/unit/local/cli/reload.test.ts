import { expect, test } from 'vitest';
import { reload } from '../../../../local/cli/reload.ts';
import type { Reload } from '../../../../local/cloud.ts';
import { LocalCloudError } from '../../../../local/errors.ts';

const assembly = { dir: '/app', stacks: [] };

async function told(result: Reload | Error, load: () => Promise<typeof assembly> = async () => assembly) {
  const said: string[] = [];
  const complained: string[] = [];
  const cloud = {
    reload: async () => {
      if (result instanceof Error) throw result;
      return result;
    },
  };
  await reload(cloud, load, { say: (text) => said.push(text), complain: (text) => complained.push(text) });
  return { said, complained };
}

test('new code is said with the names of its functions', async () => {
  const { said, complained } = await told({ replaced: ['App/A', 'App/B'], broken: [], restart: [] });
  expect(said).toEqual([expect.stringMatching(/^new code of App\/A, App\/B \(\d+ ms\)$/)]);
  expect(complained).toEqual([]);
});

test('what does not load and what needs a restart is said, a line each', async () => {
  const { complained } = await told({
    replaced: ['App/A'],
    broken: [{ functionName: 'a', errorType: 'RangeError', errorMessage: 'no TABLE' }],
    restart: ['table App/T is new', 'topic App/O has changed'],
  });
  expect(complained).toEqual([
    'a does not load: RangeError: no TABLE',
    'restart needed: table App/T is new, topic App/O has changed',
  ]);
});

test('a synthesis or an assembly that is wrong is said, and that the old code goes on', async () => {
  const failure = new LocalCloudError('ASSEMBLY_UNREADABLE', 'the CDK app failed', {
    remedy: ['Run cdk synth.'],
  });
  const failed = await told({ replaced: [], broken: [], restart: [] }, () => Promise.reject(failure));
  const refused = await told(new LocalCloudError('ASSEMBLY_NOT_HONOURED', 'a queue'));
  expect(failed.complained).toEqual(['the CDK app failed\n  Run cdk synth.\n  The old code goes on.']);
  expect(refused.complained).toEqual(['a queue\n  The old code goes on.']);
  expect([...failed.said, ...refused.said]).toEqual([]);
});
