import { describe, expect, it } from 'vitest';
import { describeFindings } from '../../../../local/assembly/findings.ts';
import { accepts, functionResource, judged, kafkaMappingResource, tableResource } from './fixtures.ts';

const resources = {
  Table: tableResource({ LocalSecondaryIndexes: [{ IndexName: 'byDate' }] }),
  Mapping: kafkaMappingResource({ MaximumRetryAttempts: 3, BisectBatchOnFunctionError: true }),
  Consumer: functionResource({
    Layers: ['arn'],
    Environment: { Variables: { TABLE: { Ref: 'Table' }, TOKEN: { Ref: 'Secret' } } },
  }),
};

const all = [
  'Consumer.Environment.Variables.TOKEN',
  'Consumer.Layers',
  'Mapping.BisectBatchOnFunctionError',
  'Mapping.MaximumRetryAttempts',
  'Table.LocalSecondaryIndexes',
];

describe('findings', () => {
  it('come all at once, sorted', () => {
    expect(accepts(judged(resources).findings)).toEqual(all);
  });

  it.each(all)('lose exactly the accepted one: %s', (word) => {
    const { findings } = judged(resources, { accept: new Set([word]) });
    expect(accepts(findings)).toEqual(all.filter((other) => other !== word));
  });

  it('name an accept word that accepts nothing', () => {
    const { findings } = judged(
      { Consumer: functionResource() },
      { accept: new Set(['Consumer.Layers', 'X']) },
    );
    expect(findings.map(({ message, logicalId, type }) => [logicalId, type, message])).toEqual([
      ['Consumer', 'AWS::Lambda::Function', '--accept Consumer.Layers accepts nothing: leave it out'],
      ['X', 'none', '--accept X accepts nothing: leave it out'],
    ]);
  });
});

describe('describeFindings', () => {
  it('is empty without findings', () => {
    expect(describeFindings([])).toBe('');
  });

  it('groups by resource, and tells property, reason and accept word', () => {
    const { findings } = judged(
      {
        Consumer: {
          ...functionResource({ Layers: ['arn'], SnapStart: { ApplyOn: 'PublishedVersions' } }),
          Metadata: { 'aws:cdk:path': 'App/Email/Resource' },
        },
        Rule: { Type: 'AWS::Events::Rule', Properties: { Targets: [{ Ref: 'Consumer' }] } },
      },
      { accept: new Set(['Nothing.Here']) },
    );
    expect(describeFindings(findings)).toBe(
      [
        '4 things in this app would behave differently here than on AWS:',
        '',
        'App/Email (Consumer)  AWS::Lambda::Function',
        '  Layers: layers are not mounted: bundle what they hold into the function',
        '    --accept Consumer.Layers',
        '  SnapStart: environments are not restored from a snapshot here',
        '    --accept Consumer.SnapStart',
        '',
        'Nothing  none',
        '  Here: --accept Nothing.Here accepts nothing: leave it out',
        '',
        'Rule  AWS::Events::Rule',
        '  events are not matched here: it invokes no function',
        '    --accept Rule',
        '',
        'Change the app, or start with the --accept words of what may be left out.',
      ].join('\n'),
    );
  });
});
