import { expect, it } from 'vitest';
import { describeStart } from '../../../../local/cli/describe-start.ts';
import type { LocalCloud } from '../../../../local/cloud.ts';
import { functionResource, judged, kafkaMappingResource, tableResource } from '../fixtures.ts';

const engine: LocalCloud['engine'] = {
  kind: 'embedded',
  adopted: false,
  bootstrapServers: '127.0.0.1:9092',
  awsEndpoint: 'http://127.0.0.1:4566',
  account: '000000000000',
  region: 'us-east-1',
  exited: new Promise(() => undefined),
  stop: async () => undefined,
};

const started = (resources: Parameters<typeof judged>[0], ...accept: string[]): string =>
  describeStart({ model: judged(resources, { accept: new Set(accept) }).model, engine, apis: [] }, '1.2 s');

it('says what was accepted and what that costs, and calls none of it needless', () => {
  const text = started(
    {
      Consumer: functionResource({ Runtime: 'python3.14' }),
      Mapping: kafkaMappingResource(),
      Mailer: functionResource({ Layers: ['arn'] }),
      Alarm: { Type: 'AWS::CloudWatch::Alarm' },
    },
    'App/Consumer.Runtime',
    'App/Mailer.Layers',
  );

  expect(text).toMatch(/^millrace is up \(1\.2 s\)/);
  const [accepted = '', leftOut = ''] = text.split('  Left out, since nothing that runs depends on it:');
  expect(accepted).toContain(
    [
      '  Accepted, and otherwise here than on AWS:',
      '    App/Consumer.Runtime',
      '      the runtime python3.14 is not run here, only nodejs; accepted, the function is left out',
      '      and so is what relies on it: Mapping',
      '    App/Mailer.Layers',
      '      layers are not mounted: bundle what they hold into the function',
    ].join('\n'),
  );
  expect(leftOut).toContain('Alarm');
  expect(leftOut).not.toMatch(/Consumer|Mapping|Function/);
});

it.each([
  ['embedded', /there again after the next start; the list of mails is not\.$/],
  ['external', /leaves the broker and the AWS endpoint running with all they keep\.$/],
] as const)('says what of an engine that is %s is there after Ctrl-C', (kind, last) => {
  const { model } = judged({ Consumer: functionResource() });
  expect(describeStart({ model, engine: { ...engine, kind }, apis: [] }, '1.2 s')).toMatch(last);
});

it('is not up where the app has nothing to run', () => {
  const text = started({ Table: tableResource() });

  expect(text).toMatch(/^Nothing of this app runs: it has no function and no event source mapping\./);
  expect(text).not.toMatch(/ is up|Try|Accepted/);
});
