import { CustomResource, Duration, Stack } from 'aws-cdk-lib';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { Provider } from 'aws-cdk-lib/custom-resources';
import { Trigger } from 'aws-cdk-lib/triggers';
import { describe, expect, it } from 'vitest';
import {
  codeFolder,
  functionResource,
  judged,
  judgedApp,
  kafkaMappingResource,
  synthesis,
} from './fixtures.ts';

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

  it("are none of CDK's provider framework, waiting included", synthesis, async () => {
    const { model, findings } = await judgedApp((app) => {
      const stack = new Stack(app, 'App');
      const lambda = (id: string) =>
        new LambdaFunction(stack, id, {
          runtime: Runtime.NODEJS_24_X,
          handler: 'index.handler',
          code: Code.fromAsset(codeFolder()),
        });
      const provider = new Provider(stack, 'Provider', {
        onEventHandler: lambda('OnEvent'),
        isCompleteHandler: lambda('IsComplete'),
        queryInterval: Duration.seconds(10),
      });
      new CustomResource(stack, 'Thing', { serviceToken: provider.serviceToken });
      new Trigger(stack, 'Trigger', { handler: lambda('Consumer') });
    });
    expect(findings).toEqual([]);
    expect(model.functions.map(({ path }) => path)).toEqual(['App/Consumer']);
  });
});
