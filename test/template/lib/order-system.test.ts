import { describe, expect, it } from 'vitest';
import { modelOf } from '../../../local/assembly/model.ts';
import { readAssembly } from '../../../local/assembly/read.ts';
import { EXISTING_CLUSTER, OPTIONS, type Option } from '../../support/contexts.ts';
import { KAFKA_CONSUMERS, resourcesOf, synthesized } from '../../support/template.ts';

const facts = {
  account: '000000000000',
  region: 'eu-west-1',
  bootstrapServers: '127.0.0.1:9092',
  streamArn: () => undefined,
};

describe.each(Object.keys(OPTIONS) as Option[])('%s', (option) => {
  const stacks = synthesized(option);

  it('is synthesized without a warning and without a look-up', () => {
    const { assembly } = stacks;
    expect(assembly.stacks.flatMap(({ messages }) => messages)).toEqual([]);
    expect(assembly.manifest.missing).toBeUndefined();
  });

  it('runs in the local cloud, which honours all of it', async () => {
    const { model, findings } = modelOf(await readAssembly(stacks.assembly.directory), facts, {
      accept: new Set(),
      environment: {},
      jwtClaims: {},
    });
    expect(findings).toEqual([]);
    // Beside them: checkout, relay, manifest, and the probe.
    expect(model.functions).toHaveLength(
      KAFKA_CONSUMERS.length + (option === 'the sandbox with a probe' ? 4 : 3),
    );
    expect(model.topics.map(({ name, partitions }) => [name, partitions]).sort()).toEqual([
      ['orders', 3],
      ['orders.dead-letters', 3],
    ]);
    const relay = model.functions.find(({ path }) => path.includes('Relay'));
    expect(relay?.environment.KAFKA_BOOTSTRAP_SERVERS).toBe(facts.bootstrapServers);
  });

  it('creates the stack with the cluster before the one that reads from it', () => {
    const orders = stacks.assembly.getStackByName('orderly-orders');
    expect(orders.dependencies.map(({ id }) => id)).toContain('orderly-streaming');
  });

  it('creates each mapping after its function, and a function after all it may do', () => {
    const resources = new Map(resourcesOf(stacks.orders).map((resource) => [resource.id, resource]));
    const mappings = [...resources.values()].filter(({ type }) => type === 'AWS::Lambda::EventSourceMapping');
    expect(mappings).toHaveLength(KAFKA_CONSUMERS.length + 1);
    for (const { properties, dependsOn } of mappings) {
      const target = resources.get(properties.FunctionName.Ref);
      const role = target?.properties.Role['Fn::GetAtt'][0];
      const policies = [...resources.values()].filter(
        ({ type, properties }) =>
          type === 'AWS::IAM::Policy' && properties.Roles.some(({ Ref }: { Ref: string }) => Ref === role),
      );
      expect(policies).not.toEqual([]);
      const all = [role, ...policies.map(({ id }) => id)];
      expect(target?.dependsOn).toEqual(expect.arrayContaining(all));
      // And so that, the other way round, a mapping goes before the role by which its pollers' interfaces go.
      if (properties.Topics) expect(dependsOn).toEqual(expect.arrayContaining(all));
    }
  });
});

describe('the sandbox', () => {
  const stacks = synthesized();

  const all = () => [stacks.streaming, stacks.orders].flatMap(resourcesOf);

  it('keeps nothing but the topics, which go with their cluster', () => {
    const kept = all().filter(({ deletionPolicy }) => (deletionPolicy ?? 'Delete') !== 'Delete');
    expect(kept.map(({ type }) => type)).toEqual(['AWS::MSK::Topic', 'AWS::MSK::Topic']);
  });

  it('leaves no log group behind: every function, CDK’s own too, writes into one of its stack', () => {
    const functions = all().filter(({ type }) => type === 'AWS::Lambda::Function');
    const groups = all().filter(({ type }) => type === 'AWS::Logs::LogGroup');
    // Beside them: checkout, relay and manifest, and three of CDK's.
    expect(functions).toHaveLength(KAFKA_CONSUMERS.length + 6);
    for (const { id, properties } of functions) {
      const group = groups.find((one) => one.id === properties.LoggingConfig?.LogGroup.Ref);
      expect([id, group?.deletionPolicy]).toEqual([id, 'Delete']);
    }
  });

  it('can be deleted without another word', () => {
    expect(stacks.assembly.stacks.map(({ terminationProtection }) => terminationProtection)).toEqual([
      false,
      false,
    ]);
    const tables = all().filter(({ type }) => type === 'AWS::DynamoDB::GlobalTable');
    for (const { properties } of tables)
      expect(properties.Replicas).toMatchObject([{ DeletionProtectionEnabled: false }]);
  });
});

describe('production', () => {
  const stacks = synthesized('production');

  const ofType = (type: string) =>
    [stacks.streaming, stacks.orders].flatMap(resourcesOf).filter((resource) => resource.type === type);

  it('runs on Express brokers in three zones, whose storage and replicas are MSK’s', () => {
    const [cluster] = ofType('AWS::MSK::Cluster');
    expect(cluster?.properties).toMatchObject({
      KafkaVersion: '3.9.x.kraft',
      NumberOfBrokerNodes: 3,
      BrokerNodeGroupInfo: {
        InstanceType: 'express.m7g.large',
        ClientSubnets: [expect.anything(), expect.anything(), expect.anything()],
      },
    });
    expect(cluster?.properties.BrokerNodeGroupInfo).not.toHaveProperty('StorageInfo');
    const zones = ofType('AWS::EC2::Subnet').map(({ properties }) => properties.AvailabilityZone);
    expect(zones).toEqual(['eu-west-1a', 'eu-west-1b', 'eu-west-1c']);
  });

  it('sets of its topics what Express lets be set', () => {
    for (const { properties } of ofType('AWS::MSK::Topic')) {
      expect(properties.ReplicationFactor).toBe(3);
      const configs = JSON.parse(Buffer.from(properties.Configs, 'base64').toString('utf8'));
      expect(Object.keys(configs)).toEqual(['retention.ms', 'max.message.bytes']);
    }
  });

  it.each([
    'AWS::DynamoDB::GlobalTable',
    'AWS::EC2::Subnet',
    'AWS::EC2::SecurityGroup',
    'AWS::EC2::VPC',
    'AWS::MSK::Cluster',
    'AWS::S3::Bucket',
  ])('keeps every %s, unless it was the creation that failed', (type) => {
    const policies = ofType(type).map(({ deletionPolicy }) => deletionPolicy);
    expect(policies).toContain('RetainExceptOnCreate');
    expect(new Set(policies).size).toBe(1);
  });

  it('can bring its tables back to any second, and lets nobody delete one', () => {
    const tables = ofType('AWS::DynamoDB::GlobalTable');
    expect(tables).not.toEqual([]);
    for (const { properties } of tables)
      expect(properties.Replicas).toMatchObject([
        {
          DeletionProtectionEnabled: true,
          PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        },
      ]);
  });

  it('protects both stacks from deletion', () => {
    expect(stacks.assembly.stacks.map(({ terminationProtection }) => terminationProtection)).toEqual([
      true,
      true,
    ]);
  });

  it('empties no bucket', () => {
    expect(ofType('Custom::S3AutoDeleteObjects')).toEqual([]);
  });

  it('polls each partition by itself', () => {
    const kafka = ofType('AWS::Lambda::EventSourceMapping').filter(({ properties }) => properties.Topics);
    expect(kafka).toHaveLength(KAFKA_CONSUMERS.length);
    for (const { properties } of kafka)
      expect(properties.ProvisionedPollerConfig).toMatchObject({ MinimumPollers: 3, MaximumPollers: 3 });
  });
});

describe('a cluster of one’s own', () => {
  const stacks = synthesized('sandbox on a cluster of one’s own');

  it('is left as it is, but for a way in for the relay', () => {
    const added = resourcesOf(stacks.streaming);
    expect(added.map(({ type }) => type).sort()).toEqual([
      'AWS::EC2::SecurityGroup',
      'AWS::EC2::SecurityGroupEgress',
      'AWS::EC2::SecurityGroupIngress',
    ]);
    const [rule] = added.filter(({ type }) => type === 'AWS::EC2::SecurityGroupIngress');
    expect(rule?.properties).toMatchObject({
      GroupId: EXISTING_CLUSTER.securityGroupId,
      FromPort: 9098,
      ToPort: 9098,
    });
  });

  it('is read by its ARN, and the relay runs in the subnets that were named', () => {
    const orders = resourcesOf(stacks.orders);
    const kafka = orders.filter(
      ({ type, properties }) => type === 'AWS::Lambda::EventSourceMapping' && properties.Topics,
    );
    expect(kafka).toHaveLength(KAFKA_CONSUMERS.length);
    for (const { properties } of kafka) expect(properties.EventSourceArn).toBe(EXISTING_CLUSTER.clusterArn);
    const inVpc = orders.filter(({ properties }) => properties?.VpcConfig);
    expect(inVpc.map(({ properties }) => properties.VpcConfig.SubnetIds)).toEqual([
      ['subnet-0aaaaaaaaaaaaaaaa', 'subnet-0bbbbbbbbbbbbbbbb'],
    ]);
  });

  it('bounds what the consumers may do to its topics and their own groups', () => {
    const granted = JSON.stringify(
      resourcesOf(stacks.orders).filter(({ type }) => type === 'AWS::IAM::Policy'),
    );
    expect(granted).toContain(':topic/shared/11111111-2222-3333-4444-555555555555-6/orders"');
    expect(granted).toContain(':group/shared/11111111-2222-3333-4444-555555555555-6/email-service"');
  });
});
