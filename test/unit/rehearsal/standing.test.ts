import { describe, expect, it } from 'vitest';
import {
  beyond,
  type Census,
  type DeployedTemplate,
  differences,
  meantToStay,
  type StackResource,
} from '../../rehearsal/standing.ts';

const template: DeployedTemplate = {
  Resources: {
    Role: { Type: 'AWS::IAM::Role', Properties: {} },
    Policy: {
      Type: 'AWS::IAM::Policy',
      Properties: { Roles: [{ Ref: 'Role' }], PolicyDocument: { Statement: [{}, {}] } },
    },
    Logs: { Type: 'AWS::Logs::LogGroup', Properties: { RetentionInDays: 30 }, DeletionPolicy: 'Delete' },
    Function: {
      Type: 'AWS::Lambda::Function',
      Properties: {
        Runtime: 'nodejs24.x',
        Timeout: 10,
        Role: { 'Fn::GetAtt': ['Role', 'Arn'] },
        LoggingConfig: { LogGroup: { Ref: 'Logs' } },
        Environment: {
          Variables: { LOGS: { Ref: 'Logs' }, ASKED: { 'Fn::GetAtt': ['Question', 'answer'] } },
        },
      },
    },
    Cluster: {
      Type: 'AWS::MSK::Cluster',
      Properties: { ClusterName: 'shop', BrokerNodeGroupInfo: { ClientSubnets: ['a', 'b'] } },
      DeletionPolicy: 'RetainExceptOnCreate',
    },
  },
};

const resources: readonly StackResource[] = [
  ['Role', 'role-1', 'AWS::IAM::Role'],
  ['Policy', 'policy-1', 'AWS::IAM::Policy'],
  ['Logs', 'logs-1', 'AWS::Logs::LogGroup'],
  ['Function', 'fn-1', 'AWS::Lambda::Function'],
  ['Cluster', 'arn:cluster', 'AWS::MSK::Cluster'],
].map(([logicalId = '', physicalId = '', type = '']) => ({
  logicalId,
  physicalId,
  type,
  status: 'CREATE_COMPLETE',
}));

const stands: Census = {
  'AWS::IAM::Role': new Map([['role-1', { policies: [2] }]]),
  'AWS::Logs::LogGroup': new Map([['logs-1', { days: 30 }]]),
  'AWS::Lambda::Function': new Map([
    [
      'fn-1',
      {
        runtime: 'nodejs24.x',
        timeout: 10,
        memory: 128,
        role: 'arn:aws:iam::000000000000:role/role-1',
        logGroup: 'logs-1',
        environment: { LOGS: 'logs-1', ASKED: '42' },
      },
    ],
  ]),
  'AWS::MSK::Cluster': new Map([['arn:cluster', { name: 'shop', subnets: 2 }]]),
};

/** The census with other facts of one thing, or without it. */
const otherwise = (type: string, id: string, facts?: object): Census => {
  const things = new Map(stands[type]);
  if (facts === undefined) things.delete(id);
  else things.set(id, { ...things.get(id), ...facts });
  return { ...stands, [type]: things };
};

describe('what stands', () => {
  it('is as the template says, where references come to what they refer to', () => {
    expect(differences(template, resources, stands)).toEqual([]);
  });

  it.each([
    ['a number', otherwise('AWS::Lambda::Function', 'fn-1', { timeout: 3 }), /Function: timeout is 3, .* 10/],
    [
      'a reference to something else',
      otherwise('AWS::Lambda::Function', 'fn-1', { role: 'arn:aws:iam::000000000000:role/other-role-1' }),
      /Function: role is "arn:.*other-role-1"/,
    ],
    [
      'a variable that is not there',
      otherwise('AWS::Lambda::Function', 'fn-1', { environment: { LOGS: 'logs-1' } }),
      /Function: environment/,
    ],
    [
      'a variable that nobody declared',
      otherwise('AWS::Lambda::Function', 'fn-1', { environment: { LOGS: 'logs-1', ASKED: '1', MORE: '1' } }),
      /Function: environment/,
    ],
    ['a policy that is missing', otherwise('AWS::IAM::Role', 'role-1', { policies: [] }), /Role: policies/],
    ['a thing that is not there', otherwise('AWS::Logs::LogGroup', 'logs-1'), /Logs: the account has no/],
  ])('differs by %s', (_, census, message) => {
    expect(differences(template, resources, census)).toEqual([expect.stringMatching(message)]);
  });

  it('differs by resources that a stack lacks, has beside the template, or did not complete', () => {
    const [role, policy, ...others] = resources;
    const listed = [
      { ...role, status: 'CREATE_FAILED' },
      { ...policy, logicalId: 'Stranger' },
      ...others,
    ] as StackResource[];
    expect(differences(template, listed, stands)).toEqual([
      'Role is CREATE_FAILED',
      'Policy (AWS::IAM::Policy) is not in the stack',
      'Stranger (AWS::IAM::Policy) is not in the template',
    ]);
  });
});

it('what is left behind is told from what is meant to stay', () => {
  const after: Census = { 'AWS::MSK::Cluster': new Map([['arn:cluster', {}]]) };
  expect(beyond(after, {})).toEqual(['AWS::MSK::Cluster arn:cluster']);
  expect(beyond(after, after)).toEqual([]);
  expect(meantToStay(template, resources)).toEqual(['AWS::MSK::Cluster arn:cluster']);
});
