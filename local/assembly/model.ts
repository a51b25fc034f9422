/**
 * What the local cloud runs: a plain model of a cloud assembly, every intrinsic resolved. Nothing downstream of this
 * file knows CloudFormation.
 */

import type { StackId } from './assembly.ts';

/** A Lambda function whose code lies unpacked on disk. */
export interface FunctionModel {
  readonly logicalId: string;
  /** Construct path, for messages a person reads; the logical id where the assembly has none. */
  readonly path: string;
  readonly name: string;
  readonly arn: string;
  readonly runtime: string;
  /** Lambda's handler string, `<module>.<export>`. */
  readonly handler: string;
  /** Absolute path of the asset folder. */
  readonly codeDir: string;
  readonly memoryMiB: number;
  readonly timeoutSeconds: number;
  /** `undefined`: none reserved. 0: every invocation is throttled. */
  readonly reservedConcurrency: number | undefined;
  readonly environment: Readonly<Record<string, string>>;
}

/** One of the pattern objects of `FilterCriteria.Filters[].Pattern`, parsed. */
export type FilterPattern = { readonly [key: string]: unknown };

interface MappingBase {
  readonly logicalId: string;
  readonly path: string;
  readonly uuid: string;
  readonly arn: string;
  readonly functionName: string;
  /** Without version or alias. */
  readonly functionArn: string;
  readonly enabled: boolean;
  /** Records in one invocation, at most. */
  readonly batchSize: number;
  /** Milliseconds to wait for a batch to fill. */
  readonly windowMs: number;
  /** `FunctionResponseTypes` has `ReportBatchItemFailures`. */
  readonly partialResponses: boolean;
  /** After the first attempt. */
  readonly maximumRetryAttempts: number | 'infinite';
  /** `undefined`: a record never gets too old. */
  readonly maximumRecordAgeMs: number | undefined;
  /** `BisectBatchOnFunctionError`. */
  readonly bisect: boolean;
}

/** An event source mapping on a Kafka topic. */
export interface KafkaMappingModel extends MappingBase {
  readonly kind: 'kafka';
  readonly clusterArn: string;
  readonly topic: string;
  readonly groupId: string;
  /** Used only where the group has no committed offset. */
  readonly startingPosition: StartingPosition;
  /** `MaximumPollers`: group members, capped by the partition count. 1 in on-demand mode. */
  readonly pollers: number;
  /** The on-failure destination: a topic of the same cluster, written by Lambda itself. */
  readonly onFailureTopic: string | undefined;
}

/** Where a group without committed offsets begins. `timestampMs` is epoch milliseconds. */
type StartingPosition =
  | { readonly at: 'TRIM_HORIZON' }
  | { readonly at: 'LATEST' }
  | { readonly at: 'AT_TIMESTAMP'; readonly timestampMs: number };

/** An event source mapping on a DynamoDB stream. */
export interface StreamMappingModel extends MappingBase {
  readonly kind: 'dynamodb-stream';
  readonly streamArn: string;
  readonly tableName: string;
  readonly startingPosition: Extract<StartingPosition, { at: 'TRIM_HORIZON' | 'LATEST' }>;
  /** A record passes if any pattern matches; no patterns: all pass. */
  readonly filters: readonly FilterPattern[];
}

export type MappingModel = KafkaMappingModel | StreamMappingModel;

export interface KeyElement {
  readonly name: string;
  readonly role: 'HASH' | 'RANGE';
  readonly type: 'S' | 'N' | 'B';
}

/** A global secondary index of a table. */
export interface IndexModel {
  readonly name: string;
  readonly keys: readonly KeyElement[];
  readonly projection: 'ALL' | 'KEYS_ONLY' | 'INCLUDE';
  /** Attributes that it has beside its keys, where the projection is `INCLUDE`. */
  readonly included: readonly string[];
}

export type StreamView = 'KEYS_ONLY' | 'NEW_IMAGE' | 'OLD_IMAGE' | 'NEW_AND_OLD_IMAGES';

/** A DynamoDB table; always on demand here. */
export interface TableModel {
  readonly logicalId: string;
  readonly path: string;
  readonly name: string;
  readonly keys: readonly KeyElement[];
  readonly indexes: readonly IndexModel[];
  readonly streamView: StreamView | undefined;
  readonly timeToLiveAttribute: string | undefined;
}

/** An S3 bucket. */
export interface BucketModel {
  readonly logicalId: string;
  readonly path: string;
  readonly name: string;
}

/** A Kafka topic. `config` holds topic configuration names and values as Kafka spells them. */
export interface TopicModel {
  readonly logicalId: string;
  readonly path: string;
  readonly name: string;
  readonly partitions: number;
  readonly config: Readonly<Record<string, string>>;
  /** No template declares the topic: it is created because a mapping needs it, whose ids it carries. */
  readonly undeclared?: true;
}

/** An address or domain that mails may come from; verified at once here. */
export interface EmailIdentityModel {
  readonly logicalId: string;
  readonly path: string;
  /** The address or the domain. */
  readonly name: string;
}

/** One route of an HTTP API with an AWS_PROXY integration, payload 2.0. */
export interface RouteModel {
  /** `GET /orders/{id}`, `ANY /x/{proxy+}` or `$default`. */
  readonly routeKey: string;
  readonly functionName: string;
  readonly authorization: 'NONE' | 'AWS_IAM' | 'JWT';
  /** Where a route with JWT finds its token: `$request.header.Authorization`. */
  readonly tokenSource: string | undefined;
}

export interface HttpApiModel {
  readonly logicalId: string;
  readonly path: string;
  readonly apiId: string;
  readonly name: string;
  readonly routes: readonly RouteModel[];
  /** What a request without a token is taken to claim, where a route wants one. */
  readonly jwtClaims: Readonly<Record<string, string>>;
}

/** When a schedule runs, in UTC. `everyMs` and `atMs` are milliseconds, the latter since the epoch. */
export type ScheduleExpression =
  | { readonly kind: 'rate'; readonly everyMs: number }
  /** Seven fields, seconds to years; Sunday is 1. */
  | { readonly kind: 'cron'; readonly pattern: string }
  | { readonly kind: 'at'; readonly atMs: number };

/** A schedule that invokes functions. */
export interface ScheduleModel {
  /** A scheduled rule of EventBridge, or a schedule of EventBridge Scheduler: their events differ. */
  readonly kind: 'rule' | 'schedule';
  readonly logicalId: string;
  readonly path: string;
  readonly arn: string;
  readonly enabled: boolean;
  /** `rate(5 minutes)`, as the template has it. */
  readonly text: string;
  readonly expression: ScheduleExpression;
  readonly targets: readonly ScheduleTarget[];
}

export interface ScheduleTarget {
  readonly functionName: string;
  /** The JSON that the function gets instead of the scheduled event. */
  readonly input: string | undefined;
}

/** A resource the local cloud leaves out because nothing that runs depends on it; what was accepted is none of them. */
export interface NotEmulated {
  readonly logicalId: string;
  readonly path: string;
  readonly type: string;
}

export interface CloudModel {
  readonly account: string;
  readonly region: string;
  readonly functions: readonly FunctionModel[];
  readonly mappings: readonly MappingModel[];
  readonly tables: readonly TableModel[];
  readonly topics: readonly TopicModel[];
  readonly buckets: readonly BucketModel[];
  readonly emailIdentities: readonly EmailIdentityModel[];
  readonly apis: readonly HttpApiModel[];
  readonly schedules: readonly ScheduleModel[];
  readonly notEmulated: readonly NotEmulated[];
  readonly accepted: readonly AcceptedFinding[];
  /** Stack outputs by `<stack>.<output>`, resolved; those that can't be are left out. */
  readonly outputs: Readonly<Record<string, string>>;
}

/** Something in the closure of what runs that would behave differently here. */
export interface Finding {
  /** The stack of the resource; undefined where none is meant. */
  readonly stackId: StackId | undefined;
  readonly logicalId: string;
  readonly path: string;
  /** CloudFormation type of the resource. */
  readonly type: string;
  /** Property path, e.g. `DestinationConfig.OnFailure`; undefined when the resource as a whole is meant. */
  readonly property: string | undefined;
  readonly message: string;
  /** What `--accept` takes to let it pass, `Stack/LogicalId.Property`; empty where nothing can. */
  readonly accept: string;
}

/** A finding that was accepted. */
interface AcceptedFinding extends Finding {
  /** Construct paths of what relies on the resource, where that is left out as a whole. */
  readonly reliedOnBy: readonly string[];
}

/** Facts of the engine that a template refers to, known only when it runs. */
export interface EngineFacts {
  readonly account: string;
  readonly region: string;
  /** `host:port,host:port` */
  readonly bootstrapServers: string;
  /** The stream's ARN as the engine names it; undefined before the table exists. */
  streamArn(tableName: string): string | undefined;
}
