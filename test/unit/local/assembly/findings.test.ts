import { describe, expect, it } from 'vitest';
import { describeFindings } from '../../../../local/assembly/findings.ts';
import {
  accepts,
  functionResource,
  judged,
  judgedTemplates,
  kafkaMappingResource,
  tableResource,
} from '../fixtures.ts';

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

  it.each(all)('lose it too where its stack is named: App/%s', (word) => {
    const { findings } = judged(resources, { accept: new Set([`App/${word}`]) });
    expect(accepts(findings)).toEqual(all.filter((other) => other !== word));
  });

  it('of two stacks with the same ids are told apart by the stack, and a word without one names the choices', () => {
    const stack = { Resources: { Consumer: functionResource({ Layers: ['arn'] }) } };
    const open = (...accept: string[]) =>
      judgedTemplates({ Here: stack, There: stack }, { accept: new Set(accept) }).findings.map(
        ({ accept, message }) => accept || message,
      );
    expect(open()).toEqual(['Here/Consumer.Layers', 'There/Consumer.Layers']);
    expect(open('There/Consumer.Layers')).toEqual(['Here/Consumer.Layers']);
    expect(open('Consumer.Layers')).toEqual([
      '--accept Consumer.Layers may mean any of these, name one: Here/Consumer.Layers, There/Consumer.Layers',
      'Here/Consumer.Layers',
      'There/Consumer.Layers',
    ]);
  });

  it('that are accepted are in the model, and what they leave out with all that relies on it is nowhere else', () => {
    const { model, findings } = judged(
      {
        Consumer: functionResource({ Runtime: 'python3.14' }),
        Mapping: kafkaMappingResource(),
        Permission: { Type: 'AWS::Lambda::Permission', Properties: { FunctionName: { Ref: 'Consumer' } } },
        Mailer: functionResource({ Layers: ['arn'] }),
      },
      { accept: new Set(['App/Consumer.Runtime', 'Mailer.Layers']) },
    );
    expect(findings).toEqual([]);
    expect(model.accepted).toEqual([
      expect.objectContaining({ accept: 'App/Consumer.Runtime', reliedOnBy: ['Mapping'] }),
      expect.objectContaining({ accept: 'App/Mailer.Layers', reliedOnBy: [] }),
    ]);
    expect(model.functions.map(({ logicalId }) => logicalId)).toEqual(['Mailer']);
    expect(model.notEmulated.map(({ logicalId }) => logicalId)).toEqual(['Permission']);
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
        '    --accept App/Consumer.Layers',
        '  SnapStart: environments are not restored from a snapshot here',
        '    --accept App/Consumer.SnapStart',
        '',
        'Nothing  none',
        '  Here: --accept Nothing.Here accepts nothing: leave it out',
        '',
        'Rule  AWS::Events::Rule',
        '  events are not matched here: it invokes no function',
        '    --accept App/Rule',
        '',
        'Change the app, or start with the --accept words of what may be left out.',
      ].join('\n'),
    );
  });
});
