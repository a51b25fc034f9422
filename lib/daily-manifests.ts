import { Duration } from 'aws-cdk-lib';
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { BlockPublicAccess, Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { acknowledge, acknowledgeWildcard } from './acknowledge.ts';
import { NodeFunction } from './node-function.ts';
import { dataRemovalPolicy, type Stage } from './stages.ts';
import { AWAITING_INDEX } from './tables.ts';

export interface DailyManifestsProps {
  readonly stage: Stage;
  /** Has the index `AWAITING_INDEX`. */
  readonly shipments: TableV2;
}

/** Once a day, what each carrier gets: the function that writes the manifests, and their bucket. */
export class DailyManifests extends Construct {
  /** `manifests/<day>/<carrier>.csv`: names and addresses, so it is private, encrypted, and forgets. */
  readonly bucket: Bucket;
  readonly manifest: lambda.Function;

  constructor(scope: Construct, id: string, { stage, shipments }: DailyManifestsProps) {
    super(scope, id);
    this.bucket = new Bucket(this, 'Bucket', {
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      versioned: false,
      lifecycleRules: [
        { prefix: 'manifests/', expiration: Duration.days(400) },
        // Needed until their manifest is written, and gone before it.
        { prefix: 'drafts/', expiration: Duration.days(90) },
        { abortIncompleteMultipartUploadAfter: Duration.days(1) },
      ],
      removalPolicy: dataRemovalPolicy(stage),
      // CloudFormation deletes no bucket that holds something.
      autoDeleteObjects: !stage.keepsData,
    });

    acknowledge(
      this.bucket,
      'S1',
      'an access log would be another bucket to keep and to clear: who reads manifests is told by the data events of CloudTrail',
    );

    const manifest = new NodeFunction(this, 'Manifest', {
      description: 'Writes the manifests of the day before, one a carrier',
      folder: 'manifest',
      stage,
      timeout: Duration.minutes(5),
      memorySize: 512,
      environment: {
        SHIPMENTS_TABLE: shipments.tableName,
        AWAITING_INDEX,
        MANIFEST_BUCKET: this.bucket.bucketName,
      },
    }).function;
    this.manifest = manifest;
    const allow = (actions: string[], resources: string[]) =>
      manifest.addToRolePolicy(new iam.PolicyStatement({ actions, resources }));
    allow(['dynamodb:Query'], [`${shipments.tableArn}/index/${AWAITING_INDEX}`]);
    allow(['dynamodb:BatchGetItem', 'dynamodb:PartiQLUpdate'], [shipments.tableArn]);
    allow(['s3:ListBucket'], [this.bucket.bucketArn]);
    const drafts = this.bucket.arnForObjects('drafts/*');
    const manifests = this.bucket.arnForObjects('manifests/*');
    allow(['s3:GetObject'], [drafts]);
    allow(['s3:PutObject'], [drafts, manifests]);
    for (const arn of [drafts, manifests])
      acknowledgeWildcard(
        this,
        arn,
        'a prefix: the days and carriers of its files are known when they are written',
      );

    new Rule(this, 'Daily', {
      description: 'Writes the manifests of the UTC day that has ended',
      // A quarter of an hour for orders of the last minute to become shipments; later ones are in the next.
      schedule: Schedule.cron({ hour: '0', minute: '15' }),
      targets: [new LambdaFunction(manifest)],
    });
  }
}
