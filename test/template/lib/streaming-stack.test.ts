import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ON_TOPIC_MS } from '../../../cli/erase/erase.ts';
import { MAX_BATCH_BYTES } from '../../../functions/relay/plan.ts';
import { synthesized } from '../../support/template.ts';

const TopicConfigs = z.object({ 'retention.ms': z.coerce.number() });
/** Kafka's default of `segment.ms`, which no topic here changes. */
const SEGMENT_MS = 7 * 86_400_000;

describe('StreamingStack', () => {
  const { streaming: template } = synthesized();

  const topicNamed = (name: string) =>
    Object.values(template.findResources('AWS::MSK::Topic', { Properties: { TopicName: name } }))[0];

  const configsOf = (name: string): unknown =>
    JSON.parse(Buffer.from(topicNamed(name)?.Properties.Configs, 'base64').toString('utf8'));

  it('declares the topic orders with 3 partitions, kept a week, for messages up to 72 KiB', () => {
    const topic = topicNamed('orders');
    expect(topic?.Properties).toMatchObject({ TopicName: 'orders', PartitionCount: 3, ReplicationFactor: 2 });
    expect(configsOf('orders')).toEqual({
      'retention.ms': '604800000',
      'max.message.bytes': '73728',
      'min.insync.replicas': '1',
    });
  });

  it('keeps dead letters for 30 days, each with room for the inflated envelope', () => {
    expect(configsOf('orders.dead-letters')).toMatchObject({
      'retention.ms': '2592000000',
      'max.message.bytes': '1048576',
    });
  });

  it('has forgotten a record before a customer’s order is erased: a segment may be open as long as it is kept', () => {
    const { 'retention.ms': keptMs } = TopicConfigs.parse(configsOf('orders'));
    expect(configsOf('orders')).not.toHaveProperty(['segment.ms']);
    expect(ON_TOPIC_MS).toBeGreaterThan(keptMs + SEGMENT_MS);
  });

  it('takes the batches that the relay makes, and no larger ones', () => {
    expect(configsOf('orders')).toMatchObject({ 'max.message.bytes': String(MAX_BATCH_BYTES) });
  });

  it('leaves the topic to go with its cluster, which goes with the stack', () => {
    template.hasResource('AWS::MSK::Topic', { DeletionPolicy: 'Retain' });
    template.hasResource('AWS::MSK::Cluster', { DeletionPolicy: 'Delete' });
  });

  it('lets clients in by IAM over TLS and in no other way', () => {
    template.hasResourceProperties('AWS::MSK::Cluster', {
      ClientAuthentication: { Sasl: { Iam: { Enabled: true } }, Unauthenticated: { Enabled: false } },
      EncryptionInfo: { EncryptionInTransit: { ClientBroker: 'TLS', InCluster: true } },
    });
  });
});
