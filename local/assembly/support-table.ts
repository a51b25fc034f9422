import { harmless, honoured, only, parts, refused, type SupportTable } from './support.ts';

export const label = harmless('a label, nothing runs differently for it');
export const iam = harmless('IAM is not enforced here');
export const encryption = harmless('nothing is encrypted at rest here');
const network = harmless('the network is not emulated: functions reach the engine directly');
const logging = harmless('output is captured as the function writes it');
const metrics = harmless('CloudWatch is not emulated');
const throughput = harmless('throughput is not limited here');
const backup = harmless('a local table is not backed up');
const deletion = harmless('what is kept here is decided by the one who runs it');

/** `AWS::Lambda::Function` */
export const functionSupport: SupportTable = {
  Architectures: harmless('functions run on the processor at hand'),
  CapacityProviderConfig: refused('capacity providers are not emulated'),
  Code: parts({
    ImageUri: refused('container images are not run: the code has to be an asset folder'),
    S3Bucket: harmless('the code is found by its key in the assembly'),
    S3Key: honoured,
    S3ObjectStorageMode: harmless('the code is found by its key in the assembly'),
    S3ObjectVersion: harmless('the code is found by its key in the assembly'),
    SourceKMSKeyArn: encryption,
    ZipFile: refused('inline code is not run: the code has to be an asset folder'),
  }),
  CodeSigningConfigArn: iam,
  DeadLetterConfig: refused('a dead-letter queue of asynchronous invocations is not emulated'),
  Description: label,
  DurableConfig: refused('durable functions are not emulated'),
  Environment: parts({ Variables: { kind: 'honoured-entries' } }),
  EphemeralStorage: harmless('the size of /tmp is not limited here'),
  FileSystemConfigs: refused('file systems are not mounted here'),
  FunctionName: honoured,
  FunctionScalingConfig: refused('capacity providers are not emulated'),
  Handler: honoured,
  ImageConfig: refused('container images are not run: the code has to be an asset folder'),
  KmsKeyArn: encryption,
  Layers: refused('layers are not mounted: bundle what they hold into the function'),
  LoggingConfig: logging,
  MemorySize: honoured,
  PackageType: only(['Zip'], 'container images are not run: the code has to be an asset folder'),
  PublishToLatestPublished: harmless('there is one version of a function here'),
  RecursiveLoop: harmless('recursive loops are not detected here'),
  ReservedConcurrentExecutions: honoured,
  Role: iam,
  Runtime: honoured,
  RuntimeManagementConfig: harmless('the Node at hand runs every function'),
  SnapStart: only([{ ApplyOn: 'None' }], 'environments are not restored from a snapshot here'),
  Tags: label,
  TenancyConfig: refused('environments are not isolated by tenant here'),
  Timeout: honoured,
  TracingConfig: harmless('traces go nowhere here'),
  VpcConfig: network,
};

const anyMapping: SupportTable = {
  BatchSize: honoured,
  BisectBatchOnFunctionError: honoured,
  Enabled: honoured,
  EventSourceArn: honoured,
  FunctionName: honoured,
  FunctionResponseTypes: honoured,
  KmsKeyArn: encryption,
  LoggingConfig: logging,
  MaximumBatchingWindowInSeconds: honoured,
  MaximumRecordAgeInSeconds: honoured,
  MaximumRetryAttempts: honoured,
  MetricsConfig: metrics,
  StartingPosition: honoured,
  Tags: label,
  TumblingWindowInSeconds: only([0], 'tumbling windows are not emulated'),
};

/** `AWS::Lambda::EventSourceMapping` on a Kafka topic of an MSK cluster. */
export const kafkaMappingSupport: SupportTable = {
  ...anyMapping,
  AmazonManagedKafkaEventSourceConfig: parts({
    ConsumerGroupId: honoured,
    SchemaRegistryConfig: refused('records are not decoded with a schema registry here'),
  }),
  DestinationConfig: parts({
    OnFailure: parts({ Destination: honoured }),
    OnSuccess: refused('it belongs to asynchronous invocations, not to mappings'),
  }),
  FilterCriteria: only(
    [{ Filters: [] }],
    'Kafka records are not filtered here: all of them reach the function',
  ),
  ParallelizationFactor: only([1], 'it belongs to streams, not to Kafka'),
  ProvisionedPollerConfig: parts({
    MaximumPollers: honoured,
    MinimumPollers: harmless('pollers are not scaled: MaximumPollers run from the start'),
    PollerGroupName: harmless('poller groups share a network, which is not emulated'),
  }),
  SourceAccessConfigurations: refused('the local broker asks for no credentials: these are not used'),
  StartingPositionTimestamp: honoured,
  Topics: honoured,
};

/** `AWS::Lambda::EventSourceMapping` on a DynamoDB stream. */
export const streamMappingSupport: SupportTable = {
  ...anyMapping,
  DestinationConfig: refused(
    'records that are given up are not sent to a destination of a stream here: they are dropped',
  ),
  FilterCriteria: honoured,
  ParallelizationFactor: only([1], 'a shard is processed by one invocation at a time here'),
};

const index = parts({
  ContributorInsightsSpecification: metrics,
  IndexName: honoured,
  KeySchema: honoured,
  OnDemandThroughput: throughput,
  Projection: parts({ NonKeyAttributes: honoured, ProjectionType: honoured }),
  ProvisionedThroughput: throughput,
  ReadOnDemandThroughputSettings: throughput,
  ReadProvisionedThroughputSettings: throughput,
  WarmThroughput: throughput,
  WriteOnDemandThroughputSettings: throughput,
  WriteProvisionedThroughputSettings: throughput,
});

const streamSpecification = parts({ ResourcePolicy: iam, StreamViewType: honoured });

const anyTable: SupportTable = {
  AttributeDefinitions: honoured,
  BillingMode: throughput,
  KeySchema: honoured,
  GlobalSecondaryIndexes: index,
  LocalSecondaryIndexes: refused('local secondary indexes are not created here'),
  SSESpecification: encryption,
  StreamSpecification: streamSpecification,
  TableName: honoured,
  TimeToLiveSpecification: parts({ AttributeName: honoured, Enabled: honoured }),
  WarmThroughput: throughput,
};

/** What `AWS::DynamoDB::Table` and a replica of `AWS::DynamoDB::GlobalTable` both have. */
const perRegion: SupportTable = {
  ContributorInsightsSpecification: metrics,
  DeletionProtectionEnabled: deletion,
  KinesisStreamSpecification: refused('changes are not sent to a Kinesis stream here'),
  PointInTimeRecoverySpecification: backup,
  ResourcePolicy: iam,
  TableClass: throughput,
  Tags: label,
};

/** `AWS::DynamoDB::Table` */
export const tableSupport: SupportTable = {
  ...anyTable,
  ...perRegion,
  ImportSourceSpecification: refused('the table is not filled from S3 here'),
  OnDemandThroughput: throughput,
  ProvisionedThroughput: throughput,
};

/** `AWS::DynamoDB::GlobalTable` */
export const globalTableSupport: SupportTable = {
  ...anyTable,
  MultiRegionConsistency: harmless('there is one region here'),
  GlobalTableWitnesses: harmless('there is one region here'),
  ReadOnDemandThroughputSettings: throughput,
  ReadProvisionedThroughputSettings: throughput,
  Replicas: parts({
    ...perRegion,
    DisassociationProtectionEnabled: deletion,
    GlobalSecondaryIndexes: harmless('throughput and metrics of an index in one region'),
    ReadOnDemandThroughputSettings: throughput,
    ReadProvisionedThroughputSettings: throughput,
    Region: harmless('there is one region here'),
    ReplicaStreamSpecification: streamSpecification,
    SSESpecification: encryption,
  }),
  WriteOnDemandThroughputSettings: throughput,
  WriteProvisionedThroughputSettings: throughput,
};

/** `AWS::S3::Bucket` */
export const bucketSupport: SupportTable = {
  AbacStatus: iam,
  AccelerateConfiguration: network,
  AccessControl: iam,
  AnalyticsConfigurations: metrics,
  BucketEncryption: encryption,
  BucketName: honoured,
  BucketNamePrefix: harmless('the name is generated here'),
  BucketNamespace: harmless('there is one account here'),
  CorsConfiguration: refused('CORS headers are not added here'),
  IntelligentTieringConfigurations: harmless('there is one storage class here'),
  InventoryConfigurations: refused('inventories are not written here'),
  LifecycleConfiguration: harmless('objects stay here until somebody deletes them'),
  LoggingConfiguration: logging,
  MetadataConfiguration: refused('metadata tables are not kept here'),
  MetadataTableConfiguration: refused('metadata tables are not kept here'),
  MetricsConfigurations: metrics,
  NotificationConfiguration: refused('bucket notifications are not emulated'),
  ObjectLockConfiguration: refused('objects are not locked here'),
  ObjectLockEnabled: only([false], 'objects are not locked here'),
  OwnershipControls: iam,
  PublicAccessBlockConfiguration: iam,
  ReplicationConfiguration: refused('objects are not replicated here'),
  Tags: label,
  VersioningConfiguration: only([{ Status: 'Suspended' }], 'one version of an object is kept here'),
  WebsiteConfiguration: refused('websites are not served here'),
};

/** `AWS::MSK::Topic` */
export const topicSupport: SupportTable = {
  ClusterArn: harmless('there is one broker here, whatever clusters there are'),
  Configs: honoured,
  PartitionCount: honoured,
  ReplicationFactor: harmless('there is one broker here, so there is one replica'),
  TopicName: honoured,
};

const ownBroker = harmless('the local broker has its own version, size and configuration');

/** `AWS::MSK::Cluster` and `AWS::MSK::ServerlessCluster`: one local broker stands for every cluster. */
export const clusterSupport: SupportTable = {
  BrokerNodeGroupInfo: ownBroker,
  ClientAuthentication: harmless('the local broker asks for no credentials'),
  ClusterName: honoured,
  ConfigurationInfo: ownBroker,
  CurrentVersion: ownBroker,
  EncryptionInfo: encryption,
  EnhancedMonitoring: metrics,
  KafkaVersion: ownBroker,
  LoggingInfo: logging,
  NumberOfBrokerNodes: ownBroker,
  OpenMonitoring: metrics,
  Rebalancing: ownBroker,
  StorageMode: ownBroker,
  Tags: label,
  VpcConfigs: network,
  ZookeeperAccess: network,
};

/** `AWS::ApiGatewayV2::Api` */
export const apiSupport: SupportTable = {
  ApiKeySelectionExpression: harmless('API keys belong to WebSocket APIs'),
  CorsConfiguration: refused('CORS headers are not added here'),
  Description: label,
  DisableExecuteApiEndpoint: harmless('the local gateway has an address of its own'),
  IpAddressType: network,
  Name: honoured,
  ProtocolType: only(['HTTP'], 'only HTTP APIs are served here'),
  RouteSelectionExpression: harmless('HTTP APIs have one way to select a route'),
  Tags: label,
  Version: label,
};

/** `AWS::ApiGatewayV2::Route` */
export const routeSupport: SupportTable = {
  ApiId: honoured,
  ApiKeyRequired: only([false], 'API keys are not checked here'),
  AuthorizationScopes: harmless('tokens are not checked on 127.0.0.1'),
  AuthorizationType: honoured,
  AuthorizerId: honoured,
  OperationName: label,
  RouteKey: honoured,
  Target: honoured,
};

/** `AWS::ApiGatewayV2::Integration` */
export const integrationSupport: SupportTable = {
  ApiId: honoured,
  ConnectionType: only(['INTERNET'], 'private integrations are not emulated'),
  CredentialsArn: iam,
  Description: label,
  IntegrationMethod: harmless('a function is invoked in one way only'),
  IntegrationType: only(['AWS_PROXY'], 'only proxy integrations of Lambda functions are served here'),
  IntegrationUri: honoured,
  PayloadFormatVersion: only(['2.0'], 'only payload format 2.0 is spoken here'),
  TimeoutInMillis: only([30_000], "the function's own timeout is the only one here"),
};

/** `AWS::ApiGatewayV2::Stage` */
export const stageSupport: SupportTable = {
  AccessLogSettings: logging,
  ApiId: honoured,
  AutoDeploy: harmless('what the assembly says is served'),
  DefaultRouteSettings: parts({
    DataTraceEnabled: logging,
    DetailedMetricsEnabled: metrics,
    LoggingLevel: logging,
    ThrottlingBurstLimit: throughput,
    ThrottlingRateLimit: throughput,
  }),
  DeploymentId: harmless('what the assembly says is served'),
  Description: label,
  StageName: only(['$default'], 'only the stage $default is served, without a path prefix'),
  Tags: label,
};

/** `AWS::ApiGatewayV2::Authorizer` */
export const authorizerSupport: SupportTable = {
  ApiId: honoured,
  AuthorizerType: only(['JWT'], 'Lambda authorizers are not called here'),
  IdentitySource: honoured,
  JwtConfiguration: harmless('tokens are not checked on 127.0.0.1'),
  Name: label,
};

/** `AWS::SES::EmailIdentity` */
export const emailIdentitySupport: SupportTable = {
  ConfigurationSetAttributes: harmless('no mail leaves this machine'),
  DkimAttributes: harmless('no mail leaves this machine'),
  DkimSigningAttributes: harmless('no mail leaves this machine'),
  EmailIdentity: honoured,
  FeedbackAttributes: harmless('no mail leaves this machine'),
  MailFromAttributes: harmless('no mail leaves this machine'),
  Tags: label,
};
