import { describe, expect, it } from 'vitest';
import { documentedRights } from '../../support/documented-rights.ts';
import { KAFKA_CONSUMERS, statementsOf, synthesized } from '../../support/template.ts';

/** What the documentation calls the resources of the stack, and what they come from. */
const RESOURCES: Readonly<Record<string, readonly string[]>> = {
  'the stack': ['the stack'],
  everything: ['"*"'],
  'the consumers': KAFKA_CONSUMERS.map(({ id }) => `${id}Function`),
  'the mappings': [
    ...KAFKA_CONSUMERS.map(({ id }) => `${id}ConsumerMapping`),
    'RelayFunctionDynamoDBEventSource',
  ],
  '`manifest`': ['ManifestsManifestFunction'],
  ...Object.fromEntries(
    ['DeadLetters', 'Orders', 'Outbox', 'Sales', 'Shipments'].map((table) => [
      `\`${table}\``,
      [`Tables${table}`],
    ]),
  ),
};

describe('the operator role', () => {
  const stacks = synthesized();

  /** `action on resource`, a resource as the logical id that it comes from; a stream's mapping without its table. */
  const granted = () =>
    statementsOf(stacks.orders, 'OperatorRole')
      .flatMap(({ Action, Resource }) =>
        [Action].flat().flatMap((action) =>
          [Resource].flat().map((resource) => {
            const [, id] = /"(?:Fn::GetAtt":\[|Ref":)"(\w+)[0-9A-F]{8}"/.exec(JSON.stringify(resource)) ?? [];
            return `${action} on ${id?.replace(/(DynamoDBEventSource).+/, '$1') ?? JSON.stringify(resource)}`;
          }),
        ),
      )
      .sort();

  it('may do exactly what docs/deploying.md says that its commands take', () => {
    const documented = [...documentedRights('operator role')].flatMap((right) => {
      const [action, words = ''] = right.split(' on ');
      return (RESOURCES[words] ?? [`unknown: ${words}`]).map((id) => `${action} on ${id}`);
    });
    expect(granted().map((grant) => grant.replace(/ on .*stack\/orderly-orders.*/, ' on the stack'))).toEqual(
      documented.sort(),
    );
  });

  it('is assumed by whom the account lets assume it, and told in an output', () => {
    stacks.orders.hasResourceProperties('AWS::IAM::Role', {
      Description:
        'orderly: replay dead letters, switch mappings, publish orders again, print labels, read sales',
      AssumeRolePolicyDocument: {
        Statement: [
          {
            Action: 'sts:AssumeRole',
            Effect: 'Allow',
            Principal: {
              AWS: {
                'Fn::Join': [
                  '',
                  ['arn:', { Ref: 'AWS::Partition' }, ':iam::', { Ref: 'AWS::AccountId' }, ':root'],
                ],
              },
            },
          },
        ],
      },
    });
    stacks.orders.hasOutput('OperatorRoleArn', {});
  });
});
