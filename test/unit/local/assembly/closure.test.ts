import { describe, expect, it } from 'vitest';
import { accepts, functionResource, judged, kafkaMappingResource } from '../fixtures.ts';

const served = (by: string, properties: Readonly<Record<string, unknown>> = {}) => ({
  Type: 'Custom::Thing',
  Properties: { ServiceToken: { 'Fn::GetAtt': [by, 'Arn'] }, ...properties },
});

const names = ({ model }: ReturnType<typeof judged>) => model.functions.map(({ logicalId }) => logicalId);

describe('the functions that run', () => {
  it('are all but those that only serve custom resources', () => {
    const result = judged({
      Consumer: functionResource(),
      // It would be a finding if it ran.
      Server: functionResource({ Runtime: 'python3.13' }),
      Thing: served('Server'),
      Permission: { Type: 'AWS::Lambda::Permission', Properties: { FunctionName: { Ref: 'Server' } } },
      Policy: { Type: 'AWS::IAM::Policy', Properties: { Resource: { 'Fn::GetAtt': ['Server', 'Arn'] } } },
    });
    expect(result.findings).toEqual([]);
    expect(names(result)).toEqual(['Consumer']);
    expect(result.model.notEmulated.map(({ logicalId }) => logicalId)).toContain('Server');
  });

  it('are those too that serve a custom resource and something else', () => {
    const result = judged({
      Consumer: functionResource(),
      Thing: served('Consumer'),
      Mapping: kafkaMappingResource(),
    });
    expect(names(result)).toEqual(['Consumer']);
    expect(result.model.mappings).toHaveLength(1);
  });

  it('are those that another function calls which runs', () => {
    const result = judged({
      Thing: served('Server'),
      Server: functionResource({ Environment: { Variables: { SEED: { Ref: 'Seeder' } } } }),
      Seeder: functionResource(),
      Checkout: functionResource({ Environment: { Variables: { SEED: { Ref: 'Seeder' } } } }),
    });
    expect(names(result)).toEqual(['Seeder', 'Checkout']);
  });

  it('are those that such a function calls in turn', () => {
    const calling = (name: string) =>
      functionResource({ Environment: { Variables: { NEXT: { Ref: name } } } });
    const result = judged({
      Thing: served('Server'),
      Server: calling('First'),
      First: calling('Second'),
      Second: functionResource(),
      Checkout: calling('First'),
    });
    expect(names(result)).toEqual(['First', 'Second', 'Checkout']);
  });

  it('are those that a custom resource names without being served by them', () => {
    const result = judged({
      Thing: served('Server', { HandlerArn: { Ref: 'Consumer' } }),
      Server: functionResource(),
      Consumer: functionResource(),
    });
    expect(names(result)).toEqual(['Consumer']);
  });
});

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
