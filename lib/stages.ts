import { RemovalPolicy } from 'aws-cdk-lib';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';

/** Brokers with disks of their own. */
interface StandardBrokers {
  readonly kind: 'standard';
  readonly instanceType: string;
  readonly kafkaVersion: string;
  /** One broker in each. */
  readonly availabilityZones: 2;
  /** Of each broker, in GiB. */
  readonly storageGib: number;
}

/** Brokers whose storage MSK manages; always in three zones, each partition on all three. */
interface ExpressBrokers {
  readonly kind: 'express';
  readonly instanceType: string;
  readonly kafkaVersion: string;
  /** One broker in each. */
  readonly availabilityZones: 3;
  /** More than this, and somebody should look: storage grows by itself, and is paid by the GiB. */
  readonly storageAlarmGib: number;
}

export type Brokers = StandardBrokers | ExpressBrokers;

/** Everything in which one deployment of the app differs from another. */
export interface Stage {
  readonly name: 'sandbox' | 'production';
  /** Of the cluster that the app brings, unless it is given one. */
  readonly brokers: Brokers;
  /**
   * Whether data outlives its stack: tables, cluster, topics, bucket and logs are retained, tables recoverable to any
   * second of the last 35 days, and neither a table nor a stack can be deleted unawares. If not, nothing at all is left behind.
   */
  readonly keepsData: boolean;
  /** Event pollers of each Kafka mapping, at most one a partition. */
  readonly pollers: number;
  readonly logRetention: RetentionDays;
}

export const sandbox: Stage = {
  name: 'sandbox',
  // The smallest that `CreateCluster` takes with Kafka 4: it refuses `kafka.t3.small` as "Unsupported InstanceType".
  brokers: {
    kind: 'standard',
    instanceType: 'kafka.m7g.large',
    kafkaVersion: '4.1.x.kraft',
    availabilityZones: 2,
    storageGib: 10,
  },
  keepsData: false,
  pollers: 1,
  logRetention: RetentionDays.ONE_MONTH,
};

export const production: Stage = {
  name: 'production',
  // Express is behind Standard, and takes Kafka 3.9 in KRaft mode only ("not supported for Kafka version 3.9.x").
  brokers: {
    kind: 'express',
    instanceType: 'express.m7g.large',
    kafkaVersion: '3.9.x.kraft',
    availabilityZones: 3,
    storageAlarmGib: 100,
  },
  keepsData: true,
  // One a partition: what one poller is held up by doesn't hold up the other partitions.
  pollers: 3,
  logRetention: RetentionDays.THREE_MONTHS,
};

/** What becomes of something that holds data: a creation that fails takes it away again in any stage. */
export function dataRemovalPolicy({ keepsData }: Stage): RemovalPolicy {
  return keepsData ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY;
}
