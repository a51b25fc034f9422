import { describe, expect, it } from 'vitest';
import { accepts, functionResource, judged } from './fixtures.ts';

const url = (target: string) => ({
  Type: 'AWS::Lambda::Url',
  Properties: { TargetFunctionArn: { 'Fn::GetAtt': [target, 'Arn'] }, AuthType: 'NONE' },
});

describe('what is left out', () => {
  it('is a finding where it would invoke a function that runs', () => {
    const { findings } = judged({ Consumer: functionResource(), Url: url('Consumer') });
    expect(accepts(findings)).toEqual(['Url']);
    expect(findings[0]?.message).toContain('Consumer is not invoked by it');
  });

  it('is a finding where it would invoke one through an alias', () => {
    const { findings } = judged({
      Consumer: functionResource(),
      Live: { Type: 'AWS::Lambda::Alias', Properties: { FunctionName: { Ref: 'Consumer' }, Name: 'live' } },
      Url: { Type: 'AWS::Lambda::Url', Properties: { TargetFunctionArn: { Ref: 'Live' }, AuthType: 'NONE' } },
    });
    expect(accepts(findings)).toEqual(['Url']);
  });

  it('is listed where it invokes nothing that runs', () => {
    const { model, findings } = judged({ Queue: { Type: 'AWS::SQS::Queue' }, Url: url('Queue') });
    expect(findings).toEqual([]);
    expect(model.notEmulated.map(({ logicalId }) => logicalId)).toEqual(['Queue', 'Url']);
  });

  it.each(['AWS::SQS::Queue', 'AWS::SNS::Topic'])(
    'is a finding where a function names it in its environment: %s',
    (Type) => {
      const environment = { Variables: { TARGET: { 'Fn::Sub': 'see $' + '{Target}' } } };
      const { findings } = judged({
        Target: { Type },
        Consumer: functionResource({ Environment: environment }),
      });
      expect(accepts(findings)).toEqual(['Target']);
      expect(findings[0]?.message).toContain('the environment of Consumer names it');
    },
  );

  it('is no finding where the environment overlay names something else instead', () => {
    const { findings } = judged(
      {
        Target: { Type: 'AWS::SQS::Queue' },
        Consumer: functionResource({ Environment: { Variables: { TARGET: { Ref: 'Target' } } } }),
      },
      { environment: { Consumer: { TARGET: 'nothing' } } },
    );
    expect(findings).toEqual([]);
  });

  it.each(['AWS::CloudFormation::Stack', 'AWS::Serverless::Function'])(
    'is a finding where it may hold functions: %s',
    (Type) => {
      expect(accepts(judged({ Inner: { Type } }).findings)).toEqual(['Inner']);
    },
  );
});
