import { resolved } from '../assembly/resolution.ts';
import { LocalCloudError } from '../errors.ts';
import { environmentTexts } from './function.ts';
import {
  encryption,
  harmless,
  honoured,
  iam,
  label,
  logging,
  metrics,
  network,
  only,
  readProperties,
  refused,
  textInTemplate,
} from './properties.ts';
import {
  clientConfig,
  name,
  type Part,
  placeOf,
  type ResourceType,
  readEach,
  withClient,
} from './resource-type.ts';

/** An S3 bucket. */
export interface BucketModel extends Part {
  readonly name: string;
}

const properties = {
  AbacStatus: iam,
  AccelerateConfiguration: network,
  AccessControl: iam,
  AnalyticsConfigurations: metrics,
  BucketEncryption: encryption,
  BucketName: honoured(textInTemplate.optional()),
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

/** S3 buckets. Objects stay when they are made again. */
export const buckets: ResourceType<BucketModel> = {
  word: 'bucket',
  types: {
    'AWS::S3::Bucket': {
      nameProperty: 'BucketName',
      nameLimit: 63,
      lowerCase: true,
      ref: name,
      attributes: { Arn: ({ name }) => resolved(`arn:aws:s3:::${name}`) },
      unheard: 'bucket notifications are not emulated',
    },
  },
  uniqueName: 'BucketName',
  namesInUse: environmentTexts,
  read: ({ scope, ofType }) =>
    readEach(ofType('AWS::S3::Bucket'), (resource) => {
      const { value, findings } = readProperties(scope, resource, properties);
      return { model: value && { ...placeOf(resource), name: scope.identity(resource).name }, findings };
    }),
  async provision(engine, models) {
    const { S3 } = await import('@aws-sdk/client-s3');
    // The endpoint of an external engine may be a name, and no name server knows the bucket in front of it.
    const client = new S3({ ...clientConfig(engine), forcePathStyle: true });
    await withClient(client, models, async (s3, { name, path }) => {
      try {
        await s3.createBucket({ Bucket: name });
      } catch (cause) {
        if (cause instanceof Error && cause.name === 'BucketAlreadyOwnedByYou') return;
        throw new LocalCloudError('PROVISIONING_FAILED', `Bucket ${name} (${path}) could not be made.`, {
          cause,
        });
      }
    });
    return {};
  },
};
