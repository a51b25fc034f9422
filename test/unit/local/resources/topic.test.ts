import { describe, expect, it } from 'vitest';
import { accepts, clusterArn, functionResource, judged, kafkaMappingResource } from '../fixtures.ts';

const topicResource = (properties: Readonly<Record<string, unknown>> = {}) => ({
  Type: 'AWS::MSK::Topic',
  Properties: {
    ClusterArn: clusterArn,
    TopicName: 'orders',
    PartitionCount: 6,
    ReplicationFactor: 3,
    ...properties,
  },
});

const configs = (text: string) => ({ Configs: Buffer.from(text).toString('base64') });

describe('topics', () => {
  it.each([
    ['lines', '# a comment\nretention.ms=604800000\n\nmin.insync.replicas=2\r\nmax.message.bytes = 73728\n'],
    ['JSON', '{ "retention.ms": "604800000", "min.insync.replicas": "2", "max.message.bytes": 73728 }'],
  ])('have partitions and a configuration in %s, without what needs more than one broker', (_form, text) => {
    const { model, findings } = judged({ Orders: topicResource(configs(text)) });
    expect(findings).toEqual([]);
    expect(model.topics).toEqual([
      {
        logicalId: 'Orders',
        path: 'Orders',
        name: 'orders',
        partitions: 6,
        config: { 'retention.ms': '604800000', 'max.message.bytes': '73728' },
      },
    ]);
  });

  it('may be configured by any key that Kafka has, those with digits included', () => {
    const config = { 'compression.type': 'lz4', 'compression.lz4.level': '9', 'retention.ms': '1000' };
    const { model, findings } = judged({ Orders: topicResource(configs(JSON.stringify(config))) });
    expect([findings, model.topics[0]?.config]).toEqual([[], config]);
  });

  it('that a mapping reads and no template declares are created and marked', () => {
    const { model, findings } = judged({
      Consumer: functionResource(),
      One: kafkaMappingResource(),
      Two: kafkaMappingResource(),
    });
    expect(findings).toEqual([]);
    expect(model.topics).toEqual([
      { logicalId: 'One', path: 'One', name: 'orders', partitions: 3, config: {}, undeclared: true },
    ]);
  });

  it('that a mapping reads and the template declares are created once', () => {
    const { model } = judged({
      Consumer: functionResource(),
      Mapping: kafkaMappingResource(),
      Orders: topicResource(),
    });
    expect(model.topics.map(({ logicalId }) => logicalId)).toEqual(['Orders']);
  });

  it.each(['retention', '{"retention.ms":', '{"retention.ms":{}}', '{"not a name":"1"}'])(
    'that a mapping reads are refused with a configuration that cannot be read: %s',
    (text) => {
      const { findings } = judged({
        Consumer: functionResource(),
        Mapping: kafkaMappingResource(),
        Orders: topicResource(configs(text)),
      });
      expect(accepts(findings)).toEqual(['Orders.Configs']);
    },
  );

  it('of one name on two clusters are one too many: there is one broker', () => {
    const { model, findings } = judged({ One: topicResource(), Two: topicResource() });
    expect(accepts(findings)).toEqual(['Two.TopicName']);
    expect(model.topics).toHaveLength(1);
  });
});
