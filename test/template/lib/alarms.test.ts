import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CONSUMERS, KAFKA_CONSUMERS, resourcesOf, synthesized } from '../../support/template.ts';

const runbooks = readFileSync(new URL('../../../docs/runbooks.md', import.meta.url), 'utf8');

/** The addresses of a document's headings, as GitHub makes them. */
const anchors = [...runbooks.matchAll(/^## (.+)$/gm)].map(([, heading]) =>
  (heading ?? '').toLowerCase().replaceAll(' ', '-'),
);

interface MetricOfAlarm {
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions?: readonly { readonly Name: string; readonly Value: unknown }[];
}

/** The metrics that an alarm looks at, alone or in an expression. */
function metricsOf({ Metrics, ...alone }: Record<string, unknown>): readonly MetricOfAlarm[] {
  if (!Array.isArray(Metrics)) return [alone as unknown as MetricOfAlarm];
  return Metrics.flatMap(({ MetricStat }) => (MetricStat ? [MetricStat.Metric] : []));
}

describe('alarms', () => {
  const stacks = {
    sandbox: synthesized(),
    production: synthesized('production'),
    existing: synthesized('sandbox on a cluster of one’s own'),
  };

  const resources = (of: keyof typeof stacks, type: string) =>
    resourcesOf(stacks[of].orders).filter((resource) => resource.type === type);
  const alarms = (of: keyof typeof stacks) =>
    resources(of, 'AWS::CloudWatch::Alarm').map(({ id, properties }) => ({
      // Without the hash, and without the name of the construct that holds them all.
      name: id.replace(/^Alarms(.+)[0-9A-F]{8}$/, '$1'),
      properties,
    }));
  const named = (name: string, of: keyof typeof stacks = 'sandbox') =>
    alarms(of).find((alarm) => alarm.name === name)?.properties;

  it('ring for what somebody has to act on', () => {
    const everywhere = [
      ...KAFKA_CONSUMERS.flatMap(({ id }) => [`${id}ConsumerLag`, `${id}ConsumerStalled`]),
      ...CONSUMERS.map(({ id }) => `${id}ConsumerLost`),
      ...CONSUMERS.map(({ id }) => `Errors${id.toLowerCase()}`),
      'Errorsdeadletters',
      'Errorsmanifest',
      'Errorsrelay',
      'DeadLetters',
      'IteratorAge',
      'OutboxAge',
      'RelaySilent',
      'ServerErrors',
      'Throttles',
      'UnreadableOutboxRows',
      'Withheld',
    ].sort();
    const names = (of: keyof typeof stacks) => alarms(of).map(({ name }) => name);
    expect(names('sandbox').sort()).toEqual([...everywhere, 'BrokerDisk'].sort());
    expect(names('production').sort()).toEqual([...everywhere, 'ClusterStorage'].sort());
    expect(names('existing').sort()).toEqual(everywhere);
  });

  it('each tell what is the matter and name their page, and each page has its alarm', () => {
    const linked = (['sandbox', 'production'] as const).flatMap(alarms).map(({ properties }) => {
      const [, anchor] =
        /^orderly: .+\. What to do: docs\/runbooks\.md#(.+)$/.exec(properties.AlarmDescription) ?? [];
      return anchor;
    });
    expect([...new Set(linked)].sort()).toEqual(anchors.toSorted());
  });

  it('go to the topic when they begin and when they end', () => {
    const [topic] = resources('production', 'AWS::SNS::Topic');
    for (const { properties } of alarms('production')) {
      expect(properties.AlarmActions).toEqual([{ Ref: topic?.id }]);
      expect(properties.OKActions).toEqual([{ Ref: topic?.id }]);
    }
    expect(resources('sandbox', 'AWS::SNS::Subscription')).toEqual([]);
    expect(resources('production', 'AWS::SNS::Subscription').map(({ properties }) => properties)).toEqual([
      { Protocol: 'email', Endpoint: 'ops@shop.example', TopicArn: { Ref: topic?.id } },
    ]);
  });

  it('count the lag where the cluster does, so that a mapping that is off is seen too', () => {
    const [lag] = metricsOf(named('EmailConsumerLag'));
    expect(lag).toEqual({
      Namespace: 'AWS/Kafka',
      MetricName: 'SumOffsetLag',
      Dimensions: [
        { Name: 'Cluster Name', Value: 'orderly' },
        { Name: 'Consumer Group', Value: 'email-service' },
        { Name: 'Topic', Value: 'orders' },
      ],
    });
    expect(
      metricsOf(named('DeadLetterCollectorConsumerStalled')).map(({ MetricName }) => MetricName),
    ).toEqual(['SumOffsetLag', 'Invocations']);
    expect(JSON.stringify(named('EmailConsumerLag', 'existing'))).toContain('"shared"');
  });

  it('see every dropped record, since the mapping tells its counts', () => {
    const metrics = metricsOf(named('ShippingConsumerLost'));
    expect(metrics.map(({ MetricName }) => MetricName)).toEqual([
      'DestinationDeliveryFailures',
      'DroppedEventCount',
    ]);
    const mappings = resources('sandbox', 'AWS::Lambda::EventSourceMapping').filter(
      ({ properties }) => properties.Topics,
    );
    expect(mappings).toHaveLength(KAFKA_CONSUMERS.length);
    for (const { properties } of mappings)
      expect(properties.MetricsConfig).toEqual({ Metrics: ['EventCount'] });
    expect(mappings.map(({ id }) => id)).toContain(
      (metrics[1]?.Dimensions?.[0]?.Value as { Ref: string } | undefined)?.Ref,
    );
  });

  it('ring after ten minutes in the outbox, and when nobody says how long it has been', () => {
    expect(named('OutboxAge')).toMatchObject({
      MetricName: 'OutboxAge',
      Statistic: 'Maximum',
      Threshold: 600_000,
      EvaluationPeriods: 1,
      TreatMissingData: 'notBreaching',
    });
    expect(named('RelaySilent')).toMatchObject({
      Statistic: 'SampleCount',
      ComparisonOperator: 'LessThanThreshold',
      Threshold: 1,
      EvaluationPeriods: 3,
      TreatMissingData: 'breaching',
    });
  });

  it('look at the disk of every broker, where brokers have disks', () => {
    const disks = metricsOf(named('BrokerDisk')).map(({ MetricName, Dimensions }) => [
      MetricName,
      Dimensions?.find(({ Name }) => Name === 'Broker ID')?.Value,
    ]);
    expect(disks).toEqual([
      ['KafkaDataLogsDiskUsed', '1'],
      ['KafkaDataLogsDiskUsed', '2'],
    ]);
    expect(named('ClusterStorage', 'production')).toMatchObject({
      MetricName: 'StorageUsed',
      Threshold: 100 * 1024 ** 3,
    });
  });

  it('reach a topic that takes nothing unencrypted, and in production keeps nothing so', () => {
    const policies = resources('sandbox', 'AWS::SNS::TopicPolicy').map(({ properties }) =>
      JSON.stringify(properties.PolicyDocument),
    );
    expect(policies).toEqual([expect.stringContaining('{"Bool":{"aws:SecureTransport":"false"}}')]);
    expect(policies[0]).toContain('"Service":"cloudwatch.amazonaws.com"');
    const [topic] = resources('production', 'AWS::SNS::Topic');
    const [key] = resources('production', 'AWS::KMS::Key');
    expect(topic?.properties.KmsMasterKeyId).toEqual({ 'Fn::GetAtt': [key?.id, 'Arn'] });
    expect(key?.properties.EnableKeyRotation).toBe(true);
    expect(JSON.stringify(key?.properties.KeyPolicy)).toContain('"kms:GenerateDataKey"');
  });

  it('are on the dashboard, all of them', () => {
    const [dashboard] = resources('sandbox', 'AWS::CloudWatch::Dashboard');
    const body = JSON.stringify(dashboard?.properties.DashboardBody);
    for (const { id } of resources('sandbox', 'AWS::CloudWatch::Alarm')) expect(body).toContain(id);
  });
});
