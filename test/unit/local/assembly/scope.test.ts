import { describe, expect, it } from 'vitest';
import { accepts, functionResource, judgedTemplates, tableResource } from '../fixtures.ts';

/** The environment of one function whose variables are these, in a template with these other parts. */
function environmentOf(
  variables: Readonly<Record<string, unknown>>,
  template: Readonly<Record<string, unknown>> = {},
  resources: Readonly<Record<string, unknown>> = {},
  others: Readonly<Record<string, unknown>> = {},
) {
  const { model, findings } = judgedTemplates({
    ...others,
    App: {
      ...template,
      Resources: { ...resources, Consumer: functionResource({ Environment: { Variables: variables } }) },
    },
  });
  const consumer = model.functions.find(({ logicalId }) => logicalId === 'Consumer');
  return { environment: consumer?.environment, accepts: accepts(findings), findings, outputs: model.outputs };
}

describe('what a template refers to', () => {
  it('pseudo parameters are those of the engine and the stack', () => {
    const pseudo = ['AccountId', 'Partition', 'Region', 'StackName', 'URLSuffix'];
    const { environment } = environmentOf(
      Object.fromEntries(pseudo.map((name) => [name, { Ref: `AWS::${name}` }])),
    );
    expect(environment).toEqual({
      AccountId: '000000000000',
      Partition: 'aws',
      Region: 'us-east-1',
      StackName: 'App',
      URLSuffix: 'amazonaws.com',
    });
  });

  it('a parameter is its default, unless the default only says where the value is', () => {
    const { environment, accepts } = environmentOf(
      { STAGE: { Ref: 'Stage' }, ZONES: { 'Fn::Select': [1, { Ref: 'Zones' }] }, IMAGE: { Ref: 'Image' } },
      {
        Parameters: {
          Stage: { Type: 'String', Default: 'prod' },
          Zones: { Type: 'CommaDelimitedList', Default: 'a, b' },
          Image: { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/aws/image' },
        },
      },
    );
    expect(environment).toEqual({ STAGE: 'prod', ZONES: 'b' });
    expect(accepts).toEqual(['Consumer.Environment.Variables.IMAGE']);
  });

  it.each([
    ['written out', 'x{{resolve:ssm:/shop/key:1}}'],
    ['that CDK would have looked up', 'https://dummy-value-for-/shop/host/'],
    ['of a secret', '{{resolve:secretsmanager:shop/key:SecretString:password::}}'],
    ['joined from parts', { 'Fn::Join': ['', ['{{resolve:ssm-secure:', { Ref: 'Key' }, '}}']] }],
    ['in a text with variables', { 'Fn::Sub': [`{{resolve:ssm:\${At}}}`, { At: '/shop/key' }] }],
    ['that a parameter defaults to', { Ref: 'Reference' }],
    ['in a mapping', { 'Fn::FindInMap': ['Keys', 'shop', 'list'] }],
    ['in a condition', { 'Fn::If': ['Doubtful', 'a', 'b'] }],
    ['behind another intrinsic', { 'Fn::Select': [0, { 'Fn::Split': [',', { Ref: 'Reference' }] }] }],
    ['of another stack', { 'Fn::ImportValue': 'key' }],
  ])('a reference %s is not taken for its text', (_where, value) => {
    const { environment, accepts, findings } = environmentOf(
      { KEY: value, OTHER: '{resolve:this}' },
      {
        Parameters: {
          Key: { Type: 'String', Default: '/shop/key' },
          Reference: { Type: 'String', Default: 'a{{resolve:ssm:/shop/key}},b' },
        },
        Mappings: { Keys: { shop: { list: ['a', '{{resolve:ssm:/shop/key}}'] } } },
        Conditions: { Doubtful: { 'Fn::Equals': ['{{resolve:ssm:/shop/key}}', 'a'] } },
      },
      {},
      {
        Other: {
          Outputs: { Key: { Value: '{{resolve:ssm:/shop/key}}', Export: { Name: 'key' } } },
        },
      },
    );
    expect(environment).toEqual({ OTHER: '{resolve:this}' });
    expect(accepts).toEqual(['Consumer.Environment.Variables.KEY']);
    expect(findings[0]?.message).toMatch(
      /^the value of "(\{\{resolve:[^{}]+\}\}|dummy-value-for-\/shop\/host\/)" is not known here/,
    );
  });

  it('an output exists under its condition alone', () => {
    const output = (name: string, Condition: string) => ({
      [name]: { Value: name, Export: { Name: 'zone' }, Condition },
    });
    const { environment, accepts, findings, outputs } = environmentOf(
      { ZONE: { 'Fn::ImportValue': 'zone' }, GONE: { 'Fn::ImportValue': 'gone' } },
      {},
      {},
      {
        Other: {
          Conditions: { Yes: { 'Fn::Equals': ['a', 'a'] }, No: { 'Fn::Equals': ['a', 'b'] } },
          Outputs: {
            ...output('First', 'No'),
            ...output('Second', 'Yes'),
            Third: { Value: 'x', Export: { Name: 'gone' }, Condition: 'No' },
          },
        },
      },
    );
    expect(environment).toEqual({ ZONE: 'Second' });
    expect(accepts).toEqual(['Consumer.Environment.Variables.GONE']);
    expect(findings[0]?.message).toContain('no stack of this app exports that name');
    expect(outputs).toEqual({ 'Other.Second': 'Second' });
  });

  it.each([
    ['a table', tableResource(), 'arn:aws:dynamodb:us-east-1:000000000000:table/App-Thing'],
    [
      'a log group',
      { Type: 'AWS::Logs::LogGroup' },
      'arn:aws:logs:us-east-1:000000000000:log-group:App-Thing:*',
    ],
    ['a role', { Type: 'AWS::IAM::Role' }, 'arn:aws:iam::000000000000:role/App-Thing'],
    ['a function', functionResource(), 'arn:aws:lambda:us-east-1:000000000000:function:App-Thing'],
  ])('%s has an ARN', (_name, thing, expected) => {
    const { environment } = environmentOf({ A: { 'Fn::GetAtt': ['Thing', 'Arn'] } }, {}, { Thing: thing });
    expect(environment).toEqual({ A: expected });
  });

  it("a cluster's reference and ARN are one, and a topic's ARN is made of it", () => {
    const { environment } = environmentOf(
      {
        REF: { Ref: 'Cluster' },
        ARN: { 'Fn::GetAtt': ['Cluster', 'Arn'] },
        TOPIC: { 'Fn::GetAtt': ['Orders', 'TopicArn'] },
      },
      {},
      {
        Cluster: { Type: 'AWS::MSK::Cluster', Properties: { ClusterName: 'demo' } },
        Orders: {
          Type: 'AWS::MSK::Topic',
          Properties: {
            ClusterArn: { Ref: 'Cluster' },
            TopicName: 'orders',
            PartitionCount: 1,
            ReplicationFactor: 1,
          },
        },
      },
    );
    const arn = environment?.ARN ?? '';
    expect(arn).toMatch(/^arn:aws:kafka:us-east-1:000000000000:cluster\/demo\/[\da-f-]{36}-1$/);
    expect(environment?.REF).toBe(arn);
    expect(environment?.TOPIC).toBe(`${arn.replace(':cluster/', ':topic/')}/orders`);
  });

  it("another stack's export is found, by a computed name too", () => {
    const { environment } = environmentOf(
      { TABLE: { 'Fn::ImportValue': { 'Fn::Join': [':', ['Data', 'Table']] } } },
      {},
      {},
      {
        Data: {
          Resources: { Table: tableResource() },
          Outputs: {
            Out: {
              Value: { Ref: 'Table' },
              Export: { Name: { 'Fn::Join': [':', [{ Ref: 'AWS::StackName' }, 'Table']] } },
            },
          },
        },
      },
    );
    expect(environment).toEqual({ TABLE: 'Data-Table' });
  });

  it('what cannot be resolved is a finding only where something that runs needs it', () => {
    const unknown = { 'Fn::ImportValue': 'Nowhere' };
    expect(
      environmentOf(
        {},
        { Outputs: { Out: { Value: unknown } } },
        {
          Role: { Type: 'AWS::IAM::Role', Properties: { Description: unknown } },
        },
      ).findings,
    ).toEqual([]);
    const { findings } = environmentOf({ A: unknown });
    expect(findings.map(({ message }) => message)).toEqual([
      'the value of {"Fn::ImportValue":"Nowhere"} is not known here: no stack of this app exports that name',
    ]);
  });

  it('a circle is a finding, not an endless loop', () => {
    const { findings } = environmentOf(
      { A: { 'Fn::ImportValue': 'Loop' } },
      {
        Outputs: { Out: { Value: { 'Fn::ImportValue': 'Loop' }, Export: { Name: 'Loop' } } },
      },
    );
    expect(findings[0]?.message).toContain('it refers to itself');
  });

  it('a resource whose condition does not hold is not there', () => {
    const conditions = { Conditions: { Never: { 'Fn::Equals': ['a', 'b'] } } };
    const table = { ...tableResource(), Condition: 'Never' };
    const { accepts } = environmentOf({ TABLE: { Ref: 'Table' } }, conditions, { Table: table });
    expect(accepts).toEqual(['Consumer.Environment.Variables.TABLE']);
    const { model } = judgedTemplates({ App: { ...conditions, Resources: { Table: table } } });
    expect([...model.tables, ...model.notEmulated]).toEqual([]);
  });

  it('a resource whose condition cannot be told is a finding where it runs', () => {
    const { findings } = judgedTemplates({
      App: {
        Parameters: { Stage: { Type: 'String' } },
        Conditions: { IsProd: { 'Fn::Equals': [{ Ref: 'Stage' }, 'prod'] } },
        Resources: { Consumer: { ...functionResource(), Condition: 'IsProd' } },
      },
    });
    expect(accepts(findings)).toEqual(['Consumer.Condition']);
  });

  it('outputs are told under stack and name, those that are not known left out', () => {
    const { model } = judgedTemplates({
      App: {
        Resources: { Table: tableResource(), Api: { Type: 'AWS::ApiGatewayV2::Api', Properties: {} } },
        Outputs: {
          Table: { Value: { Ref: 'Table' } },
          Url: { Value: { 'Fn::GetAtt': ['Api', 'ApiEndpoint'] } },
        },
      },
    });
    expect(model.outputs).toEqual({ 'App.Table': 'App-Table' });
  });
});
