import { Duration } from 'aws-cdk-lib';
import { type IMetric, MathExpression, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { KafkaConsumer } from './kafka.ts';

/** What alarms and graphs look at: MSK and the relay's sweep tell a value a minute and one in five. */
export const PERIOD = Duration.minutes(5);

/**
 * A metric that the functions write (docs/metrics.md), over all reasons.
 *
 * @param service the function's folder of `functions/`
 */
export function measured(service: string, metricName: string, statistic: string = Stats.SUM): Metric {
  return new Metric({
    namespace: 'orderly',
    metricName,
    dimensionsMap: { service },
    statistic,
    period: PERIOD,
  });
}

/** A metric of a cluster at the monitoring level that costs nothing. */
export function ofCluster(
  clusterName: string,
  metricName: string,
  dimensions: Readonly<Record<string, string>> = {},
): Metric {
  return new Metric({
    namespace: 'AWS/Kafka',
    metricName,
    dimensionsMap: { 'Cluster Name': clusterName, ...dimensions },
    statistic: Stats.MAXIMUM,
    period: PERIOD,
  });
}

/**
 * Records that a group has not read yet, as the cluster counts them: also when its pollers are disabled, or can't reach the
 * cluster any more, and then Lambda's own `OffsetLag` says nothing. Nothing is told of a group while it rebalances, or
 * before it has committed for the first time: https://docs.aws.amazon.com/msk/latest/developerguide/consumer-lag.html
 */
export function lagOf({ topic, groupId }: KafkaConsumer): Metric {
  return ofCluster(topic.cluster.name, 'SumOffsetLag', {
    'Consumer Group': groupId,
    Topic: topic.name,
  });
}

/** A metric of an event source mapping, which it tells because `EventCount` is switched on for it. */
export function ofMapping({ mapping }: KafkaConsumer, metricName: string): Metric {
  return new Metric({
    namespace: 'AWS/Lambda',
    metricName,
    dimensionsMap: { EventSourceMappingUUID: mapping.eventSourceMappingId },
    statistic: Stats.SUM,
    period: PERIOD,
  });
}

/** The sum of counts, where one that says nothing is 0. */
export function sum(label: string, metrics: readonly IMetric[]): MathExpression {
  const named = Object.fromEntries(metrics.map((metric, index) => [`m${index}`, metric]));
  const expression = Object.keys(named)
    .map((name) => `FILL(${name}, 0)`)
    .join(' + ');
  return new MathExpression({ expression, usingMetrics: named, label, period: PERIOD });
}

/** A count that Lambda keeps of a function. */
export function count(fn: lambda.IFunction, metricName: string): Metric {
  return fn.metric(metricName, { statistic: Stats.SUM, period: PERIOD });
}
