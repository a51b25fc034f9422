import { describe, expect, it } from 'vitest';
import { OPTIONS, type Option } from '../../support/contexts.ts';
import { metricLine, metricsRead } from '../../support/metrics.ts';
import type { TemplateJson } from '../../support/policies/granted.ts';
import { synthesized } from '../../support/template.ts';

const KAFKA_STANDARD = 'https://docs.aws.amazon.com/msk/latest/developerguide/metrics-details.html';
const KAFKA_EXPRESS = 'https://docs.aws.amazon.com/msk/latest/developerguide/metrics-details-express.html';
const KAFKA_LAG = 'https://docs.aws.amazon.com/msk/latest/developerguide/consumer-lag.html';
const LAMBDA = 'https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html';
const HTTP_API = 'https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html';

/** Every metric of AWS's that is read here: its dimensions, and the page that has it under exactly these. */
const OF_AWS: Readonly<Record<string, { readonly by: readonly string[]; readonly page: string }>> = {
  'AWS/ApiGateway 4xx': { by: ['ApiId'], page: HTTP_API },
  'AWS/ApiGateway 5xx': { by: ['ApiId'], page: HTTP_API },
  'AWS/ApiGateway Count': { by: ['ApiId'], page: HTTP_API },
  'AWS/ApiGateway Latency': { by: ['ApiId'], page: HTTP_API },
  'AWS/Kafka BytesInPerSec': { by: ['Broker ID', 'Cluster Name'], page: KAFKA_STANDARD },
  'AWS/Kafka CpuUser': { by: ['Broker ID', 'Cluster Name'], page: KAFKA_STANDARD },
  'AWS/Kafka KafkaDataLogsDiskUsed': { by: ['Broker ID', 'Cluster Name'], page: KAFKA_STANDARD },
  'AWS/Kafka StorageUsed': { by: ['Cluster Name'], page: KAFKA_EXPRESS },
  'AWS/Kafka SumOffsetLag': { by: ['Cluster Name', 'Consumer Group', 'Topic'], page: KAFKA_LAG },
  'AWS/Lambda DestinationDeliveryFailures': { by: ['FunctionName'], page: LAMBDA },
  'AWS/Lambda DroppedEventCount': { by: ['EventSourceMappingUUID'], page: LAMBDA },
  'AWS/Lambda Duration': { by: ['FunctionName'], page: LAMBDA },
  'AWS/Lambda Errors': { by: ['FunctionName'], page: LAMBDA },
  'AWS/Lambda Invocations': { by: ['FunctionName'], page: LAMBDA },
  'AWS/Lambda IteratorAge': { by: ['FunctionName'], page: LAMBDA },
  'AWS/Lambda Throttles': { by: ['FunctionName'], page: LAMBDA },
};

/** Of what type the resource is that a dimension names. */
const NAMED: Readonly<Record<string, string>> = {
  ApiId: 'AWS::ApiGatewayV2::Api',
  FunctionName: 'AWS::Lambda::Function',
  EventSourceMappingUUID: 'AWS::Lambda::EventSourceMapping',
};

const templateOf = (option: Option) => synthesized(option).orders.toJSON() as TemplateJson;
const read = (option: Option) => metricsRead(templateOf(option));
const ofOurs = (option: Option) =>
  [
    ...new Set(
      read(option)
        .filter(({ namespace }) => namespace === 'orderly')
        .map(metricLine),
    ),
  ].sort();

describe.each(Object.keys(OPTIONS) as Option[])('the metrics that alarms and graphs of %s read', (option) => {
  it('are AWS’s as its pages have them, or ours', () => {
    const metrics = read(option).filter(({ namespace }) => namespace !== 'orderly');
    expect(metrics.length).toBeGreaterThan(30);
    for (const { by, namespace, name, dimensions } of metrics)
      expect([by, name, Object.keys(dimensions).sort()]).toEqual([
        by,
        name,
        OF_AWS[`${namespace} ${name}`]?.by ?? 'a metric that is documented',
      ]);
  });

  it('are told of what the template has', () => {
    const { Resources } = templateOf(option);
    const groups = Object.values(Resources).map(({ Properties }) =>
      JSON.stringify(Properties?.AmazonManagedKafkaEventSourceConfig),
    );
    for (const { by, dimensions } of read(option)) {
      for (const [dimension, type] of Object.entries(NAMED)) {
        const value = dimensions[dimension];
        if (value !== undefined) expect([by, Resources[value.replace('Ref:', '')]?.Type]).toEqual([by, type]);
      }
      const group = dimensions['Consumer Group'];
      if (group !== undefined) expect(groups).toContain(JSON.stringify({ ConsumerGroupId: group }));
    }
  });

  it('are asked for in no unit: another one than they are told in would find nothing', () => {
    expect(read(option).filter(({ unit }) => unit !== undefined)).toEqual([]);
  });

  it('are ours as in the sandbox, whose functions are run to see that they write them', () => {
    expect(ofOurs(option)).toEqual(ofOurs('sandbox'));
    expect(ofOurs(option).length).toBeGreaterThan(10);
  });
});

it('no metric of AWS’s is in the table that nobody reads', () => {
  const everywhere = (Object.keys(OPTIONS) as Option[]).flatMap((option) =>
    read(option).map(({ namespace, name }) => `${namespace} ${name}`),
  );
  expect(Object.keys(OF_AWS).filter((metric) => !everywhere.includes(metric))).toEqual([]);
});
