import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { actionsOf, statementsOf, synthesized } from '../../support/template.ts';

const BUCKET = Match.stringLikeRegexp('^ManifestsBucket');

describe('DailyManifests', () => {
  const { orders: template } = synthesized();

  it('run once a day, after midnight in UTC', () => {
    template.hasResourceProperties('AWS::Events::Rule', {
      ScheduleExpression: 'cron(15 0 * * ? *)',
      Targets: [{ Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^ManifestsManifestFunction'), 'Arn'] } }],
    });
  });

  it('find waiting shipments by an index that has their keys alone', () => {
    template.hasResourceProperties('AWS::DynamoDB::GlobalTable', {
      KeySchema: [{ AttributeName: 'orderId', KeyType: 'HASH' }],
      GlobalSecondaryIndexes: [
        {
          IndexName: 'AwaitingManifest',
          KeySchema: [
            { AttributeName: 'awaitingCarrier', KeyType: 'HASH' },
            { AttributeName: 'createdAt', KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'KEYS_ONLY' },
        },
      ],
    });
    template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: {
        Variables: {
          SHIPMENTS_TABLE: { Ref: Match.stringLikeRegexp('Shipments') },
          AWAITING_INDEX: 'AwaitingManifest',
          MANIFEST_BUCKET: { Ref: BUCKET },
        },
      },
    });
  });

  it('lie in a bucket that is private and encrypted, without versions', () => {
    template.resourceCountIs('AWS::S3::Bucket', 1);
    template.hasResourceProperties('AWS::S3::Bucket', {
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
      },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      VersioningConfiguration: Match.absent(),
    });
  });

  it('are reached by TLS alone', () => {
    template.hasResourceProperties('AWS::S3::BucketPolicy', {
      Bucket: { Ref: BUCKET },
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Effect: 'Deny',
            Action: 's3:*',
            Principal: { AWS: '*' },
            Condition: { Bool: { 'aws:SecureTransport': 'false' } },
          }),
        ]),
      },
    });
  });

  it('are forgotten, a draft before its manifest', () => {
    const [{ Properties } = { Properties: undefined }] = Object.values(
      template.findResources('AWS::S3::Bucket'),
    );
    const days = (prefix: string) =>
      Properties?.LifecycleConfiguration.Rules.find(({ Prefix }: { Prefix?: string }) => Prefix === prefix)
        ?.ExpirationInDays;
    expect(days('manifests/')).toBe(400);
    expect(days('drafts/')).toBe(90);
  });

  it('leave nothing behind: the bucket is emptied and deleted with the stack', () => {
    template.hasResource('AWS::S3::Bucket', { DeletionPolicy: 'Delete', UpdateReplacePolicy: 'Delete' });
    template.hasResourceProperties('Custom::S3AutoDeleteObjects', { BucketName: { Ref: BUCKET } });
  });

  it('may do what they use and no more, by ARN', () => {
    const statements = statementsOf(template, 'ManifestsManifestRole');
    expect(actionsOf(statements)).toEqual([
      'dynamodb:BatchGetItem',
      'dynamodb:PartiQLUpdate',
      'dynamodb:Query',
      'logs:CreateLogStream',
      'logs:PutLogEvents',
      's3:GetObject',
      's3:ListBucket',
      's3:PutObject',
    ]);
    const resourcesOf = (action: string) =>
      JSON.stringify(statements.find((statement) => [statement.Action].flat().includes(action))?.Resource);
    expect(resourcesOf('dynamodb:Query')).toMatch(/Shipments.*\/index\/AwaitingManifest"/);
    expect(resourcesOf('dynamodb:PartiQLUpdate')).toMatch(/^{"Fn::GetAtt":\["TablesShipments\w+","Arn"\]}$/);
    expect(resourcesOf('s3:ListBucket')).toMatch(/^{"Fn::GetAtt":\["ManifestsBucket\w+","Arn"\]}$/);
    expect(resourcesOf('s3:GetObject')).toMatch(/"\/drafts\/\*"/);
    expect(resourcesOf('s3:GetObject')).not.toMatch(/manifests\/\*/);
    expect(resourcesOf('s3:PutObject')).toMatch(/"\/drafts\/\*".*"\/manifests\/\*"/);
  });
});
