import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Lookup, resolveValue } from '../../../../local/assembly/intrinsics.ts';
import { type Resolution, resolved, unresolved } from '../../../../local/assembly/resolution.ts';
import { scopeOf } from '../../../../local/assembly/scope.ts';
import { assemblyOf, facts } from '../fixtures.ts';

const named =
  (values: Readonly<Record<string, unknown>>) =>
  (key: string): Resolution =>
    Object.hasOwn(values, key) ? resolved(values[key]) : unresolved(key, 'not there');

const lookup: Lookup = {
  region: 'us-east-1',
  ref: named({
    Table: 'orders-table',
    Count: 3,
    List: ['a', 'b', 'c'],
    'AWS::NoValue': undefined,
    'AWS::Region': 'us-east-1',
  }),
  attribute: (logicalId, name) =>
    named({ 'Table.Arn': 'arn:table', 'Nested.Outputs.Arn': 'arn:nested' })(`${logicalId}.${name}`),
  exported: named({ 'Network:Vpc': 'vpc-1' }),
  output: (stack, name) => named({ 'Network.Vpc': 'vpc-1' })(`${stack}.${name}`),
  mapping: (map, top, second) => named({ 'Sizes.prod.memory': 512 })(`${map}.${top}.${second}`),
  condition: named({ Yes: true, No: false }),
};

const resolvedValue = (value: unknown): unknown => {
  const resolution = resolveValue(value, lookup);
  return resolution.resolved ? resolution.value : { unresolved: resolution.expression };
};

describe('resolveValue', () => {
  it.each([
    ['Ref', { Ref: 'Table' }, 'orders-table'],
    ['Fn::GetAtt as a list', { 'Fn::GetAtt': ['Table', 'Arn'] }, 'arn:table'],
    ['Fn::GetAtt as a text', { 'Fn::GetAtt': 'Table.Arn' }, 'arn:table'],
    ['Fn::GetAtt with dots in the attribute', { 'Fn::GetAtt': 'Nested.Outputs.Arn' }, 'arn:nested'],
    ['Fn::Join', { 'Fn::Join': ['/', ['a', { Ref: 'Table' }, { Ref: 'Count' }]] }, 'a/orders-table/3'],
    ['Fn::Join over a resolved list', { 'Fn::Join': ['-', { Ref: 'List' }] }, 'a-b-c'],
    [
      'Fn::Sub',
      { 'Fn::Sub': `\${Table} in \${AWS::Region}: \${Table.Arn}` },
      'orders-table in us-east-1: arn:table',
    ],
    [
      'Fn::Sub with own variables',
      { 'Fn::Sub': [`\${Name}:\${Table}`, { Name: { Ref: 'Count' } }] },
      '3:orders-table',
    ],
    ['Fn::Sub with an escape', { 'Fn::Sub': `\${!Table} is \${Table}` }, `\${Table} is orders-table`],
    ['Fn::Select', { 'Fn::Select': [1, ['a', { Ref: 'Table' }]] }, 'orders-table'],
    ['Fn::Select beside what is unknown', { 'Fn::Select': [0, ['a', { Ref: 'Nowhere' }]] }, 'a'],
    ['Fn::Select by a text', { 'Fn::Select': ['2', { Ref: 'List' }] }, 'c'],
    ['Fn::Split', { 'Fn::Split': [':', { 'Fn::GetAtt': 'Table.Arn' }] }, ['arn', 'table']],
    ['Fn::Select of Fn::Split', { 'Fn::Select': [1, { 'Fn::Split': [':', 'x:y'] }] }, 'y'],
    ['Fn::ImportValue', { 'Fn::ImportValue': 'Network:Vpc' }, 'vpc-1'],
    [
      'Fn::ImportValue of a computed name',
      { 'Fn::ImportValue': { 'Fn::Sub': [`\${S}:Vpc`, { S: 'Network' }] } },
      'vpc-1',
    ],
    ['Fn::GetStackOutput', { 'Fn::GetStackOutput': { StackName: 'Network', OutputName: 'Vpc' } }, 'vpc-1'],
    ['Fn::FindInMap', { 'Fn::FindInMap': ['Sizes', 'prod', 'memory'] }, 512],
    [
      'Fn::FindInMap with a default',
      { 'Fn::FindInMap': ['Sizes', 'dev', 'memory', { DefaultValue: 128 }] },
      128,
    ],
    ['Fn::If', { 'Fn::If': ['Yes', 'then', { Ref: 'Nowhere' }] }, 'then'],
    ['Fn::If, the other way', { 'Fn::If': ['No', { Ref: 'Nowhere' }, 'else'] }, 'else'],
    ['Fn::Base64', { 'Fn::Base64': 'retention.ms=1' }, 'cmV0ZW50aW9uLm1zPTE='],
    ['Fn::GetAZs', { 'Fn::GetAZs': '' }, ['us-east-1a', 'us-east-1b', 'us-east-1c']],
    ['Fn::Length', { 'Fn::Length': { Ref: 'List' } }, 3],
    ['Fn::ToJsonString', { 'Fn::ToJsonString': { name: { Ref: 'Table' } } }, '{"name":"orders-table"}'],
    ['AWS::NoValue in a map', { a: 1, b: { Ref: 'AWS::NoValue' } }, { a: 1 }],
    ['AWS::NoValue in a list', ['a', { Ref: 'AWS::NoValue' }], ['a']],
  ])('resolves %s', (_name, value, expected) => {
    expect(resolvedValue(value)).toEqual(expected);
  });

  it.each([
    ['a reference to nothing', { Ref: 'Nowhere' }],
    ['one deep inside', { a: [{ 'Fn::Join': ['', ['x', { Ref: 'Nowhere' }]] }] }],
    ['a macro', { 'Fn::Transform': { Name: 'AWS::Include' } }],
    ['an unknown function', { 'Fn::ForEach::Loop': [] }],
    ['Fn::Select beyond the end', { 'Fn::Select': [3, ['a']] }],
    ['a member that is no text in Fn::Join', { 'Fn::Join': ['', [{ Ref: 'List' }]] }],
    ['arguments of the wrong shape', { 'Fn::Split': 'x' }],
    ['an unknown condition', { 'Fn::If': ['Perhaps', 1, 2] }],
  ])('leaves %s unresolved and tells the expression', (_name, value) => {
    expect(resolvedValue(value)).toEqual({ unresolved: expect.stringMatching(/\S/) });
  });

  it('leaves data without intrinsics as it is', () => {
    const withoutIntrinsics = fc.jsonValue().filter((value) => !/"(Ref|Fn::)/.test(JSON.stringify(value)));
    fc.assert(
      fc.property(withoutIntrinsics, (value) => {
        expect(resolvedValue(value)).toEqual(value);
      }),
    );
  });

  it('splits what it joined', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.string().filter((text) => !text.includes('|')),
          { minLength: 1 },
        ),
        (texts) => {
          expect(resolvedValue({ 'Fn::Split': ['|', { 'Fn::Join': ['|', texts] }] })).toEqual(texts);
        },
      ),
    );
  });

  it('selects of a list what stands there', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 1 }), fc.nat(), (texts, seed) => {
        const at = seed % texts.length;
        expect(resolvedValue({ 'Fn::Select': [at, texts] })).toBe(texts[at]);
      }),
    );
  });

  it('puts any value into a Fn::Sub as it is, however much it looks like a variable', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(resolvedValue({ 'Fn::Sub': [`<\${X}|\${X}>`, { X: text }] })).toBe(`<${text}|${text}>`);
      }),
    );
  });
});

/** Resolves `Fn::If` on a condition named `It`, in a template whose parameter `Stage` is `prod`. */
function holds(condition: unknown, others: Readonly<Record<string, unknown>> = {}): unknown {
  const assembly = assemblyOf({
    App: {
      Parameters: { Stage: { Type: 'String', Default: 'prod' }, Secret: { Type: 'String' } },
      Conditions: { It: condition, ...others },
    },
  });
  const [stack] = assembly.stacks;
  if (stack === undefined) throw new TypeError('no stack');
  const resolution = scopeOf(assembly, facts).resolve(stack.id, { 'Fn::If': ['It', true, false] });
  return resolution.resolved ? resolution.value : resolution.reason;
}

const isProd = { 'Fn::Equals': [{ Ref: 'Stage' }, 'prod'] };

describe('conditions', () => {
  it.each([
    ['Fn::Equals', isProd, true],
    ['Fn::Equals of different texts', { 'Fn::Equals': [{ Ref: 'Stage' }, 'dev'] }, false],
    ['Fn::Equals of a number and its text', { 'Fn::Equals': [1, '1'] }, true],
    ['Fn::Not', { 'Fn::Not': [isProd] }, false],
    ['Fn::And', { 'Fn::And': [isProd, { 'Fn::Not': [isProd] }] }, false],
    [
      'nested Fn::Or',
      { 'Fn::Or': [{ 'Fn::Or': [{ 'Fn::Not': [isProd] }, isProd] }, { 'Fn::Not': [isProd] }] },
      true,
    ],
    ['a named condition', { Condition: 'Other' }, true],
  ])('evaluates %s', (_name, condition, expected) => {
    expect(holds(condition, { Other: isProd })).toBe(expected);
  });

  it('cannot tell what depends on a parameter without a default', () => {
    expect(holds({ 'Fn::Equals': [{ Ref: 'Secret' }, ''] })).toBe('the parameter has no default');
  });

  it('cannot tell a condition that refers to itself', () => {
    expect(holds({ Condition: 'It' })).toBe('it refers to itself');
  });

  it('follows the laws of logic however deep conditions are nested', () => {
    interface Term {
      readonly condition: unknown;
      readonly value: boolean;
    }
    const { term } = fc.letrec<{ term: Term }>((tie) => ({
      term: fc.oneof(
        { maxDepth: 4 },
        fc.boolean().map((value): Term => ({ condition: { 'Fn::Equals': ['x', value ? 'x' : 'y'] }, value })),
        tie('term').map(
          ({ condition, value }): Term => ({ condition: { 'Fn::Not': [condition] }, value: !value }),
        ),
        fc.array(tie('term'), { minLength: 2, maxLength: 3 }).map(
          (terms): Term => ({
            condition: { 'Fn::And': terms.map(({ condition }) => condition) },
            value: terms.every(({ value }) => value),
          }),
        ),
        fc.array(tie('term'), { minLength: 2, maxLength: 3 }).map(
          (terms): Term => ({
            condition: { 'Fn::Or': terms.map(({ condition }) => condition) },
            value: terms.some(({ value }) => value),
          }),
        ),
      ),
    }));
    fc.assert(
      fc.property(term, ({ condition, value }) => {
        expect(holds(condition)).toBe(value);
      }),
    );
  });
});
