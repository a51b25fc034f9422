/** How we know a rule. */
export type Basis =
  /** An AWS page says so. */
  | 'documented'
  /** Read from an API model or from shipped code of AWS's. */
  | 'modelled'
  /** Reported by somebody who saw it on AWS, where no page says so or a page says otherwise. */
  | 'seen'
  /** Our conclusion from the others; AWS may differ. */
  | 'inferred';

/** A rule of the event source mapping, and the test that holds the local cloud to it: there is no rule without one. */
export interface Rule {
  /** Stable: chapter letter and number, never used again. */
  readonly id: string;
  /** What a consumer can rely on, in one sentence. */
  readonly says: string;
  readonly basis: Basis;
  /** Address of the page, or where else it is from. */
  readonly source: string;
  /** What the local cloud does where the rule leaves a choice. */
  readonly here?: string;
  /** Runs against a real broker. */
  readonly test: () => Promise<void>;
}

export interface Chapter {
  readonly title: string;
  readonly rules: readonly Rule[];
}

const LAMBDA = 'https://docs.aws.amazon.com/lambda/latest/dg';

/** The pages that rules are taken from. */
export const PAGES = {
  withMsk: `${LAMBDA}/with-msk.html`,
  mskConfigure: `${LAMBDA}/with-msk-configure.html`,
  eventSourceMapping: `${LAMBDA}/invocation-eventsourcemapping.html`,
  createMapping: 'https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html',
  scaling: `${LAMBDA}/kafka-scaling-modes.html`,
  lowLatency: `${LAMBDA}/with-kafka-low-latency.html`,
  groupId: `${LAMBDA}/kafka-consumer-group-id.html`,
  starting: `${LAMBDA}/kafka-starting-positions.html`,
  retry: `${LAMBDA}/kafka-retry-configurations.html`,
  onFailure: `${LAMBDA}/kafka-on-failure.html`,
  kafkaDestination: `${LAMBDA}/kafka-on-failure-destination.html`,
  logging: `${LAMBDA}/esm-logging.html`,
  troubleshoot: `${LAMBDA}/with-kafka-troubleshoot.html`,
  signedHeaders: 'https://github.com/aws-powertools/powertools-lambda-python/issues/6862',
  tombstones: 'https://github.com/aws-powertools/powertools-lambda-typescript/issues/5016',
  streams: `${LAMBDA}/services-dynamodb-eventsourcemapping.html`,
  streamFailures: `${LAMBDA}/services-ddb-batchfailurereporting.html`,
  streamFilters: `${LAMBDA}/with-ddb-filtering.html`,
} as const;
