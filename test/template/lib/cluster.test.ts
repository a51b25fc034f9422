import { describe, expect, it } from 'vitest';
import type { Option } from '../../support/contexts.ts';
import { resourcesOf, synthesized } from '../../support/template.ts';

describe('the network', () => {
  const resources = resourcesOf(synthesized().streaming);

  const ofType = (type: string) => resources.filter((resource) => resource.type === type);

  /** Security groups by the part of the logical id that tells them apart. */
  const side = (reference: { 'Fn::GetAtt': [string, string] }) =>
    /Brokers|Clients/.exec(reference['Fn::GetAtt'][0])?.[0];

  it('lies in the zones that are named, or in the first ones', () => {
    const zonesOf = (option: Option) =>
      resourcesOf(synthesized(option).streaming)
        .filter(({ type }) => type === 'AWS::EC2::Subnet')
        .map(({ properties }) => properties.AvailabilityZone);
    expect(zonesOf('the sandbox with a sender and zones of one’s own')).toEqual(['us-east-1b', 'us-east-1d']);
    expect(zonesOf('sandbox')).toEqual([0, 1].map((n) => ({ 'Fn::Select': [n, { 'Fn::GetAZs': '' }] })));
  });

  it('has no way in or out: no gateway to the internet, no NAT, and a closed default group', () => {
    for (const type of ['AWS::EC2::InternetGateway', 'AWS::EC2::NatGateway', 'AWS::EC2::Route'])
      expect(ofType(type)).toEqual([]);
    expect(ofType('Custom::VpcRestrictDefaultSG')).toHaveLength(1);
  });

  it('lets in pollers and relay, at the one port', () => {
    const rules = ofType('AWS::EC2::SecurityGroupIngress').map(({ properties }) => [
      `${side(properties.SourceSecurityGroupId)} -> ${side(properties.GroupId)}`,
      properties.FromPort,
      properties.ToPort,
      properties.Description,
    ]);
    expect(rules.sort()).toEqual([
      ['Brokers -> Brokers', 9098, 9098, 'event source pollers to brokers'],
      ['Clients -> Brokers', 9098, 9098, 'relay to brokers'],
    ]);
    for (const { properties } of ofType('AWS::EC2::SecurityGroup'))
      expect(properties).not.toHaveProperty('SecurityGroupIngress');
  });

  it('lets out the same two, and the relay to DynamoDB', () => {
    const rules = ofType('AWS::EC2::SecurityGroupEgress').map(({ properties }) => [
      `${side(properties.GroupId)} -> ${side(properties.DestinationSecurityGroupId)}`,
      properties.FromPort,
      properties.ToPort,
      properties.Description,
    ]);
    expect(rules.sort()).toEqual([
      ['Brokers -> Brokers', 9098, 9098, 'event source pollers to brokers'],
      ['Clients -> Brokers', 9098, 9098, 'relay to brokers'],
    ]);
    // CloudFormation takes its own rule, "everywhere", away as soon as there is another.
    const written = ofType('AWS::EC2::SecurityGroup').flatMap(
      ({ properties }) => properties.SecurityGroupEgress ?? [],
    );
    expect(written).toEqual([
      {
        CidrIp: '0.0.0.0/0',
        IpProtocol: 'tcp',
        FromPort: 443,
        ToPort: 443,
        Description: 'relay to DynamoDB',
      },
    ]);
  });

  it('opens DynamoDB for what the relay does, on tables of its own account', () => {
    const [endpoint, ...others] = ofType('AWS::EC2::VPCEndpoint');
    expect(others).toEqual([]);
    expect(endpoint?.properties).toMatchObject({
      VpcEndpointType: 'Gateway',
      ServiceName: { 'Fn::Join': ['', ['com.amazonaws.', { Ref: 'AWS::Region' }, '.dynamodb']] },
      RouteTableIds: [expect.anything(), expect.anything()],
    });
    const [statement] = endpoint?.properties.PolicyDocument.Statement ?? [];
    expect(statement).toMatchObject({
      Effect: 'Allow',
      Action: ['dynamodb:BatchGetItem', 'dynamodb:BatchWriteItem', 'dynamodb:Query', 'dynamodb:Scan'],
      Condition: { StringEquals: { 'aws:PrincipalAccount': { Ref: 'AWS::AccountId' } } },
    });
    expect(JSON.stringify(statement.Resource)).toContain('{"Ref":"AWS::AccountId"},":table/*"');
  });

  it('notes refused packets, and no others', () => {
    expect(ofType('AWS::EC2::FlowLog').map(({ properties }) => properties.TrafficType)).toEqual(['REJECT']);
  });
});
