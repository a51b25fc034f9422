import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import {
  type Alarm,
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IMetric,
  Stats,
} from 'aws-cdk-lib/aws-cloudwatch';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { KafkaCluster, KafkaConsumer } from './kafka.ts';
import { count, lagOf, measured, ofCluster, PERIOD } from './metrics.ts';

export interface OrderDashboardProps {
  readonly alarms: readonly Alarm[];
  readonly api: HttpApi;
  readonly cluster: KafkaCluster;
  /** By their folders of `functions/`. */
  readonly functions: ReadonlyMap<string, lambda.Function>;
  readonly consumers: readonly KafkaConsumer[];
}

/** Of 24 columns. */
const HALF = 12;

/** One page, from the request to the effects: what waits where, what was done, what went wrong. */
export class OrderDashboard extends Construct {
  constructor(
    scope: Construct,
    id: string,
    { alarms, api, cluster, functions, consumers }: OrderDashboardProps,
  ) {
    super(scope, id);
    const named = (metricName: string) =>
      consumers.map(({ service }) =>
        measured(service, metricName).with({ label: `${metricName}, ${service}` }),
      );
    const all = (metric: (fn: lambda.Function, service: string) => IMetric) =>
      [...functions].map(([service, fn]) => metric(fn, service));

    const dashboard = new Dashboard(this, 'Dashboard');
    dashboard.addWidgets(new AlarmStatusWidget({ title: 'Alarms', alarms: [...alarms], width: 24 }));
    const answers = { statistic: Stats.SUM, period: PERIOD };
    dashboard.addWidgets(
      graph('Requests, and those refused or failed', [
        api.metricCount(answers),
        api.metricClientError(answers),
        api.metricServerError(answers),
      ]),
      graph('Answer time of the API (ms)', [
        api.metricLatency({ statistic: Stats.percentile(95), period: PERIOD }),
      ]),
    );
    dashboard.addWidgets(
      graph('Outbox: age of the oldest event (ms)', [measured('relay', 'OutboxAge', Stats.MAXIMUM)]),
      graph('Events published', [measured('relay', 'Published')]),
    );
    dashboard.addWidgets(
      graph(
        'Records that wait, by consumer group',
        consumers.map((consumer) => lagOf(consumer).with({ label: consumer.groupId })),
      ),
      graph('Effects and duplicates', [...named('Effects'), ...named('Duplicates')]),
    );
    dashboard.addWidgets(
      graph('Records to be delivered again', named('Retries')),
      graph('New dead letters', named('DeadLetters')),
    );
    dashboard.addWidgets(
      graph(
        'Errors',
        all((fn, label) => count(fn, 'Errors').with({ label })),
      ),
      graph(
        'Duration, 95th percentile',
        all((fn, label) => fn.metricDuration({ statistic: Stats.percentile(95), period: PERIOD, label })),
      ),
    );
    const brokers = brokerIds(cluster);
    if (brokers.length > 0)
      dashboard.addWidgets(
        graph(
          'Brokers: processor in use (%)',
          brokers.map((broker) => ofCluster(cluster.name, 'CpuUser', { 'Broker ID': broker })),
        ),
        graph(
          'Brokers: bytes in a second',
          brokers.map((broker) => ofCluster(cluster.name, 'BytesInPerSec', { 'Broker ID': broker })),
        ),
      );
  }
}

/** MSK counts them from 1; nobody says how many an imported cluster has. */
function brokerIds({ brokers }: KafkaCluster): readonly string[] {
  return Array.from({ length: brokers?.availabilityZones ?? 0 }, (_, index) => String(index + 1));
}

function graph(title: string, left: IMetric[]): GraphWidget {
  return new GraphWidget({ title, left, width: HALF });
}
