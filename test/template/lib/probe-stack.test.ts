import { Template } from 'aws-cdk-lib/assertions';
import { expect, it } from 'vitest';
import { actionsOf, statementsOf, synthesized } from '../../support/template.ts';

const probe = () =>
  Template.fromJSON(
    synthesized('the sandbox with a probe').assembly.getStackByName('orderly-verify').template,
  );

it('is there for a sandbox that asks for it alone', () => {
  const names = synthesized().assembly.stacks.map(({ stackName }) => stackName);
  expect(names.sort()).toEqual(['orderly-orders', 'orderly-streaming']);
});

it('has one consumer group that gives up soon, and may do with its table what it does', () => {
  const template = probe();
  template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
    Topics: ['orders'],
    AmazonManagedKafkaEventSourceConfig: { ConsumerGroupId: 'orderly-verify' },
    MaximumRetryAttempts: 2,
    MaximumBatchingWindowInSeconds: 2,
    BisectBatchOnFunctionError: true,
    FunctionResponseTypes: ['ReportBatchItemFailures'],
    DestinationConfig: { OnFailure: { Destination: 'kafka://orders.dead-letters' } },
  });
  template.resourceCountIs('AWS::Lambda::EventSourceMapping', 1);
  const actions = actionsOf(statementsOf(template, 'Probe'));
  expect(actions.filter((action) => action.startsWith('dynamodb:'))).toEqual([
    'dynamodb:PutItem',
    'dynamodb:UpdateItem',
  ]);
  template.hasOutput('ProbesTable', {});
});

it('goes with everything in it', () => {
  const template = probe();
  for (const type of ['AWS::DynamoDB::GlobalTable', 'AWS::Logs::LogGroup']) {
    const found = Object.values(template.findResources(type));
    expect(found.length).toBeGreaterThan(0);
    for (const { DeletionPolicy } of found) expect(DeletionPolicy).toBe('Delete');
  }
});
