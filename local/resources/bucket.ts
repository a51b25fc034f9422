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
  BucketName: honoured(textInTemplate.optional()),
  ObjectLockEnabled: only([false], 'objects are not locked here'),
  VersioningConfiguration: only([{ Status: 'Suspended' }], 'one version of an object is kept here'),
  ...refused('CORS headers are not added here', 'CorsConfiguration'),
  ...refused('inventories are not written here', 'InventoryConfigurations'),
  ...refused('metadata tables are not kept here', 'MetadataConfiguration', 'MetadataTableConfiguration'),
  ...refused('bucket notifications are not emulated', 'NotificationConfiguration'),
  ...refused('objects are not locked here', 'ObjectLockConfiguration'),
  ...refused('objects are not replicated here', 'ReplicationConfiguration'),
  ...refused('websites are not served here', 'WebsiteConfiguration'),
  ...harmless('the name is generated here', 'BucketNamePrefix'),
  ...harmless('there is one account here', 'BucketNamespace'),
  ...harmless('there is one storage class here', 'IntelligentTieringConfigurations'),
  ...harmless('objects stay here until somebody deletes them', 'LifecycleConfiguration'),
  ...iam('AbacStatus', 'AccessControl', 'OwnershipControls', 'PublicAccessBlockConfiguration'),
  ...network('AccelerateConfiguration'),
  ...metrics('AnalyticsConfigurations', 'MetricsConfigurations'),
  ...encryption('BucketEncryption'),
  ...logging('LoggingConfiguration'),
  ...label('Tags'),
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
