import { describe, expect, it } from 'vitest';
import { accepts, functionResource, judged, judgedTemplates } from '../fixtures.ts';

describe('functions', () => {
  it("have Lambda's defaults where the template says nothing", () => {
    const { model, findings } = judged({ Consumer: functionResource() });
    expect(findings).toEqual([]);
    expect(model.functions).toEqual([
      {
        logicalId: 'Consumer',
        path: 'Consumer',
        name: 'App-Consumer',
        arn: 'arn:aws:lambda:us-east-1:000000000000:function:App-Consumer',
        runtime: 'nodejs24.x',
        handler: 'index.handler',
        codeDir: '/assets/code',
        memoryMiB: 128,
        timeoutSeconds: 3,
        reservedConcurrency: undefined,
        environment: {},
      },
    ]);
  });

  it('take what the template says, numbers as text too', () => {
    const { model } = judged({
      Consumer: functionResource({
        FunctionName: 'email',
        MemorySize: '512',
        Timeout: 30,
        ReservedConcurrentExecutions: 0,
        Environment: { Variables: { STAGE: 'prod', BATCH: 25, VERBOSE: true } },
      }),
    });
    expect(model.functions[0]).toMatchObject({
      name: 'email',
      memoryMiB: 512,
      timeoutSeconds: 30,
      reservedConcurrency: 0,
      environment: { STAGE: 'prod', BATCH: '25', VERBOSE: 'true' },
    });
  });

  it.each([
    ['VpcConfig', { SubnetIds: [{ 'Fn::ImportValue': 'Unknown' }] }],
    ['Role', { 'Fn::GetAtt': ['Nowhere', 'Arn'] }],
    ['LoggingConfig', { LogFormat: 'JSON' }],
    ['TracingConfig', { Mode: 'Active' }],
    ['Architectures', ['arm64']],
    ['PackageType', 'Zip'],
    ['SnapStart', { ApplyOn: 'None' }],
    ['Layers', []],
    ['Layers', { Ref: 'AWS::NoValue' }],
  ])('do not mind %s', (property, value) => {
    expect(judged({ Consumer: functionResource({ [property]: value }) }).findings).toEqual([]);
  });

  it.each([
    ['Layers', ['arn:aws:lambda:eu-west-1:000000000000:layer:extra:1']],
    ['SnapStart', { ApplyOn: 'PublishedVersions' }],
    ['DeadLetterConfig', { TargetArn: 'arn:aws:sqs:eu-west-1:000000000000:dead' }],
    ['FileSystemConfigs', [{ Arn: 'arn', LocalMountPath: '/mnt' }]],
    ['PackageType', 'Image'],
    ['TomorrowsProperty', 'on'],
  ])('are refused for %s by name, and accepted by it', (property, value) => {
    const resources = { Consumer: functionResource({ [property]: value }) };
    expect(accepts(judged(resources).findings)).toEqual([`Consumer.${property}`]);
    const accepted = judged(resources, { accept: new Set([`Consumer.${property}`]) });
    expect(accepted.findings).toEqual([]);
    expect(accepted.model.functions).toHaveLength(1);
  });

  it.each([
    ['another runtime', { Runtime: 'python3.13' }, 'Consumer.Runtime'],
    ['inline code', { Code: { ZipFile: 'exports.handler = () => {}' } }, 'Consumer.Code.ZipFile'],
    ['an image', { Code: { ImageUri: 'image' } }, 'Consumer.Code.ImageUri'],
    ['code that is nowhere', { Code: { S3Key: 'unknown.zip' } }, 'Consumer.Code.S3Key'],
    ['code in a file', { Code: { S3Key: 'packed.zip' } }, 'Consumer.Code.S3Key'],
    ['code that is gone', { Code: { S3Key: 'gone.zip' } }, 'Consumer.Code.S3Key'],
  ])('cannot run with %s', (_name, properties, accept) => {
    const { model, findings } = judged({ Consumer: functionResource(properties) });
    expect(accepts(findings)).toContain(accept);
    expect(model.functions).toEqual([]);
    expect(model.notEmulated.map(({ logicalId }) => logicalId)).toEqual(['Consumer']);
  });

  it.each([
    ['inline code', { ZipFile: 'x' }, ['Consumer.Code.ZipFile']],
    ['an image', { ImageUri: 'image' }, ['Consumer.Code.ImageUri']],
    ['no code', {}, ['Consumer.Code.S3Key']],
  ])('with %s are one finding', (_name, code, accepted) => {
    const { findings } = judged({ Consumer: functionResource({ Code: code }) });
    expect(accepts(findings)).toEqual(accepted);
  });

  it('say in words that a property is missing', () => {
    const { findings } = judged({ Consumer: functionResource({ Handler: undefined }) });
    expect(findings[0]).toMatchObject({
      property: 'Handler',
      message: "the template's value cannot be used: it is missing",
    });
  });

  it('name the environment variable whose value is not known, and keep the others', () => {
    const { model, findings } = judgedTemplates({
      App: {
        Parameters: { Secret: { Type: 'String' } },
        Resources: {
          Consumer: functionResource({
            Environment: { Variables: { TOKEN: { Ref: 'Secret' }, STAGE: 'prod' } },
          }),
        },
      },
    });
    expect(findings).toEqual([
      expect.objectContaining({
        accept: 'App/Consumer.Environment.Variables.TOKEN',
        message: 'the value of {"Ref":"Secret"} is not known here: the parameter has no default',
      }),
    ]);
    expect(model.functions[0]?.environment).toEqual({ STAGE: 'prod' });
  });

  it('find code under a key that is put together', () => {
    const { findings } = judged({
      Consumer: functionResource({ Code: { S3Key: { 'Fn::Join': ['', ['code', '.zip']] } } }),
    });
    expect(findings).toEqual([]);
  });
});

const unknownBrokers = {
  Environment: { Variables: { BROKERS: { 'Fn::ImportValue': 'Elsewhere' }, STAGE: 'prod' } },
};

describe('environment overlay', () => {
  it('goes over what the template says, and with it what cannot be resolved', () => {
    const { model, findings } = judged(
      { Consumer: functionResource(unknownBrokers) },
      { environment: { Consumer: { BROKERS: '127.0.0.1:9092', KAFKA_AUTH: 'none' } } },
    );
    expect(findings).toEqual([]);
    expect(model.functions[0]?.environment).toEqual({
      BROKERS: '127.0.0.1:9092',
      STAGE: 'prod',
      KAFKA_AUTH: 'none',
    });
  });

  it('is found by construct path', () => {
    const resource = { ...functionResource(), Metadata: { 'aws:cdk:path': 'App/Email/Resource' } };
    const { model } = judged({ Consumer: resource }, { environment: { 'App/Email': { A: 'b' } } });
    expect(model.functions[0]?.environment).toEqual({ A: 'b' });
  });

  it('is a finding where it names no function, with the names there are', () => {
    const { findings } = judged({ Consumer: functionResource() }, { environment: { Konsumer: { A: 'b' } } });
    expect(accepts(findings)).toEqual(['Konsumer.Environment']);
    expect(findings[0]?.message).toMatch(/millrace\.json.* there are: Consumer/);
  });
});
