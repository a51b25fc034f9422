import { z } from 'zod';
import type { TemplateJson } from './policies/granted.ts';

/** A metric as CloudWatch tells it from others: by namespace, name, and exactly these dimensions. */
export interface MetricIdentity {
  readonly namespace: string;
  readonly name: string;
  /** A reference of a template is `Ref:<logical id>`, one to another stack `elsewhere`. */
  readonly dimensions: Readonly<Record<string, string>>;
}

/** A metric that an alarm or a dashboard reads. */
export interface ReadMetric extends MetricIdentity {
  /** Logical id of the alarm or dashboard. */
  readonly by: string;
  /** The unit that an alarm asks for. */
  readonly unit: string | undefined;
}

/** One line for a metric, the same for the same metric: `orderly DeadLetters service=email`. */
export function metricLine({ namespace, name, dimensions }: MetricIdentity): string {
  const sorted = Object.entries(dimensions).sort(([one], [other]) => one.localeCompare(other));
  return [namespace, name, ...sorted.map(([key, value]) => `${key}=${value}`)].join(' ');
}

const Dimensions = z.array(z.object({ Name: z.string(), Value: z.unknown() })).default([]);
const OneMetric = z.object({ Namespace: z.string(), MetricName: z.string(), Dimensions });
const AlarmProperties = z.union([
  z.object({
    Metrics: z.array(
      z.object({
        MetricStat: z.object({ Metric: OneMetric, Unit: z.string().optional() }).optional(),
        Expression: z.string().optional(),
      }),
    ),
  }),
  OneMetric.extend({ Unit: z.string().optional() }),
]);
const Widget = z.object({
  type: z.string(),
  properties: z.object({ metrics: z.array(z.array(z.unknown())).optional() }),
});
const Body = z.object({ widgets: z.array(Widget) });

/** Every metric that the alarms and dashboards of a template read, those inside of expressions too. */
export function metricsRead(template: TemplateJson): readonly ReadMetric[] {
  return Object.entries(template.Resources).flatMap(([by, { Type, Properties }]) => {
    switch (Type) {
      case 'AWS::CloudWatch::Alarm':
        return ofAlarm(by, AlarmProperties.parse(Properties));
      case 'AWS::CloudWatch::Dashboard':
        return Body.parse(JSON.parse(text(Properties?.DashboardBody))).widgets.flatMap(({ properties }) =>
          (properties.metrics ?? []).map((row) => ofRow(by, row)),
        );
      default:
        return [];
    }
  });
}

function ofAlarm(by: string, alarm: z.infer<typeof AlarmProperties>): readonly ReadMetric[] {
  const stats =
    'Metrics' in alarm
      ? alarm.Metrics.flatMap(({ MetricStat }) => (MetricStat ? [MetricStat] : []))
      : [{ Metric: alarm, Unit: alarm.Unit }];
  return stats.map(({ Metric: { Namespace, MetricName, Dimensions: named }, Unit }) => ({
    by,
    namespace: Namespace,
    name: MetricName,
    dimensions: Object.fromEntries(named.map(({ Name, Value }) => [Name, text(Value)])),
    unit: Unit,
  }));
}

/** `[namespace, name, dimension, value, …, options]`; a shorthand or an expression is none that is expected here. */
function ofRow(by: string, row: readonly unknown[]): ReadMetric {
  const texts = row.filter((cell) => typeof cell === 'string');
  const [namespace, name, ...pairs] = texts;
  if (namespace === undefined || name === undefined || texts.includes('.') || pairs.length % 2 === 1)
    throw new Error(`a row of ${by} that is no metric: ${JSON.stringify(row)}`);
  const dimensions = Object.fromEntries(
    pairs.flatMap((key, index) => (index % 2 === 0 ? [[key, pairs[index + 1] ?? '']] : [])),
  );
  return { by, namespace, name, dimensions, unit: undefined };
}

/** The text of an expression of a template. */
function text(expression: unknown): string {
  if (typeof expression !== 'object' || expression === null) return String(expression);
  const [[name, argument] = []] = Object.entries(expression);
  switch (name) {
    case 'Ref':
      return `Ref:${argument}`;
    case 'Fn::GetAtt':
      return `Ref:${argument[0]}`;
    case 'Fn::Join':
      return argument[1].map(text).join(argument[0]);
    default:
      return 'elsewhere';
  }
}

const Embedded = z.looseObject({
  _aws: z.object({
    CloudWatchMetrics: z.array(
      z.object({
        Namespace: z.string(),
        Dimensions: z.array(z.array(z.string())),
        Metrics: z.array(z.object({ Name: z.string() })),
      }),
    ),
  }),
});

/**
 * The metrics that CloudWatch makes of the output of a function: one for each name and each set of dimensions in a line of
 * the embedded metric format.
 *
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function metricsWritten(output: string): readonly MetricIdentity[] {
  const lines = output.split('\n').filter((line) => line.startsWith('{') && line.includes('"_aws"'));
  return lines.flatMap((line) => {
    const values = Embedded.parse(JSON.parse(line));
    return values._aws.CloudWatchMetrics.flatMap(({ Namespace, Dimensions: sets, Metrics }) =>
      sets.flatMap((names) =>
        Metrics.map(({ Name }) => ({
          namespace: Namespace,
          name: Name,
          dimensions: Object.fromEntries(names.map((name) => [name, String(values[name])])),
        })),
      ),
    );
  });
}
