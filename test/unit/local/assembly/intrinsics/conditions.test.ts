import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scopeOf } from '../../../../../local/assembly/scope.ts';
import { assemblyOf, facts } from '../fixtures.ts';

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
