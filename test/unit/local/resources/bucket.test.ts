import { describe, expect, it } from 'vitest';
import { accepts, functionResource, judged } from '../fixtures.ts';

const bucket = (properties: Readonly<Record<string, unknown>> = {}) => ({
  Type: 'AWS::S3::Bucket',
  Properties: properties,
});
const naming = (target: unknown) => functionResource({ Environment: { Variables: { BUCKET: target } } });

describe('buckets', () => {
  it('have the name of the template, or one that S3 allows', () => {
    const { model, findings } = judged({
      Named: bucket({ BucketName: 'files' }),
      Unnamed: bucket(),
      One: naming({ Ref: 'Named' }),
      Other: naming({ 'Fn::GetAtt': ['Unnamed', 'Arn'] }),
    });
    expect(findings).toEqual([]);
    expect(model.buckets.map(({ path, name }) => [path, name])).toEqual([
      ['Named', 'files'],
      ['Unnamed', 'app-unnamed'],
    ]);
    expect(model.functions.map(({ environment }) => environment.BUCKET)).toEqual([
      'files',
      'arn:aws:s3:::app-unnamed',
    ]);
  });

  it.each([
    ['NotificationConfiguration', { LambdaConfigurations: [{ Event: 's3:ObjectCreated:*' }] }],
    ['ReplicationConfiguration', { Role: 'role' }],
    ['WebsiteConfiguration', { IndexDocument: 'index.html' }],
    ['ObjectLockEnabled', true],
    ['VersioningConfiguration', { Status: 'Enabled' }],
    ['CorsConfiguration', { CorsRules: [{ AllowedMethods: ['GET'], AllowedOrigins: ['*'] }] }],
    ['Unheard', 'of'],
  ])('are refused by name where a function uses one with %s', (property, value) => {
    const { findings } = judged({ Files: bucket({ [property]: value }), User: naming({ Ref: 'Files' }) });
    expect(accepts(findings)).toEqual([`Files.${property}`]);
  });

  it('may be told what makes no difference here', () => {
    const { model, findings } = judged({
      Files: bucket({
        VersioningConfiguration: { Status: 'Suspended' },
        LifecycleConfiguration: { Rules: [{ Status: 'Enabled', ExpirationInDays: 1 }] },
        PublicAccessBlockConfiguration: { BlockPublicAcls: true },
        Tags: [{ Key: 'a', Value: 'b' }],
      }),
      User: naming({ Ref: 'Files' }),
    });
    expect(findings).toEqual([]);
    expect(model.buckets).toHaveLength(1);
  });

  it('are listed as not emulated where nobody names them', () => {
    const { model, findings } = judged({ Files: bucket({ ObjectLockEnabled: true }) });
    expect(findings).toEqual([]);
    expect(model.buckets).toEqual([]);
    expect(model.notEmulated.map(({ logicalId }) => logicalId)).toEqual(['Files']);
  });

  it('have a name of their own each', () => {
    const { findings } = judged({
      One: bucket({ BucketName: 'files' }),
      Other: bucket({ BucketName: 'files' }),
    });
    expect(accepts(findings)).toEqual(['Other.BucketName']);
  });
});
