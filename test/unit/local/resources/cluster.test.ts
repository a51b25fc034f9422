import { describe, expect, it } from 'vitest';
import { accepts, functionResource, judged } from '../fixtures.ts';

const sdkCall = (service: string, action: string) => ({
  Type: 'Custom::AWS',
  Properties: {
    ServiceToken: { 'Fn::GetAtt': ['Server', 'Arn'] },
    Create: {
      'Fn::Join': [
        '',
        [
          `{"service":"${service}","action":"${action}","parameters":{"ClusterArn":"`,
          { Ref: 'Unknown' },
          '"}}',
        ],
      ],
    },
  },
});

const naming = (attribute: string) =>
  functionResource({ Environment: { Variables: { BROKERS: { 'Fn::GetAtt': ['Brokers', attribute] } } } });

describe('custom resources', () => {
  it.each([
    ['Kafka', 'getBootstrapBrokers'],
    ['kafka', 'GetBootstrapBrokersCommand'],
    ['@aws-sdk/client-kafka', 'getBootstrapBrokers'],
  ])('that call %s.%s give the address of the local broker', (service, action) => {
    const { model, findings } = judged({
      Server: functionResource(),
      Brokers: sdkCall(service, action),
      Relay: naming('BootstrapBrokerStringSaslIam'),
    });
    expect(findings).toEqual([]);
    expect(model.functions.map(({ name, environment }) => [name, environment])).toEqual([
      ['App-Relay', { BROKERS: '127.0.0.1:9092' }],
    ]);
  });

  it.each([
    ['another attribute', sdkCall('Kafka', 'getBootstrapBrokers'), 'Arn'],
    ['another call', sdkCall('Kafka', 'describeCluster'), 'BootstrapBrokerString'],
    ['no call', { Type: 'Custom::Brokers', Properties: {} }, 'BootstrapBrokerString'],
  ])('with %s are a finding where something that runs needs the value', (_name, resource, attribute) => {
    const { findings } = judged({ Server: functionResource(), Brokers: resource, Relay: naming(attribute) });
    expect(accepts(findings)).toContain('Relay.Environment.Variables.BROKERS');
  });

  it('nobody needs are not judged', () => {
    const { findings } = judged({ Server: functionResource(), Other: sdkCall('S3', 'putObject') });
    expect(findings).toEqual([]);
  });
});
