import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A template resource, as CloudFormation has it. */
export interface TemplateResource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
}

/** A function of a small app: its code as the text of `index.mjs`, and properties beside it. */
export interface SmallFunction {
  readonly code: string;
  readonly properties?: Readonly<Record<string, unknown>>;
}

/**
 * Writes a cloud assembly with one stack, `App`, as CDK would: functions by logical id, each with an asset folder named
 * by its content, and other resources as they are.
 */
export function writeSmallAssembly(
  outdir: string,
  functions: Readonly<Record<string, SmallFunction>>,
  resources: Readonly<Record<string, TemplateResource>> = {},
): void {
  const files: Record<string, unknown> = {};
  const template: Record<string, unknown> = { ...resources };
  for (const [id, { code, properties }] of Object.entries(functions)) {
    const hash = createHash('sha256').update(code).digest('hex');
    mkdirSync(join(outdir, `asset.${hash}`), { recursive: true });
    writeFileSync(join(outdir, `asset.${hash}`, 'index.mjs'), code);
    files[hash] = {
      source: { path: `asset.${hash}`, packaging: 'zip' },
      destinations: { here: { objectKey: `${hash}.zip` } },
    };
    template[id] = {
      Type: 'AWS::Lambda::Function',
      Properties: {
        FunctionName: id.toLowerCase(),
        Runtime: 'nodejs24.x',
        Handler: 'index.handler',
        Code: { S3Bucket: 'assets', S3Key: `${hash}.zip` },
        ...properties,
      },
      Metadata: { 'aws:cdk:path': `App/${id}/Resource` },
    };
  }
  const write = (name: string, content: object) =>
    writeFileSync(join(outdir, name), JSON.stringify(content, null, 2));
  write('App.template.json', { Resources: template });
  write('App.assets.json', { version: '48.0.0', files });
  write('manifest.json', {
    version: '48.0.0',
    artifacts: {
      'App.assets': { type: 'cdk:asset-manifest', properties: { file: 'App.assets.json' } },
      App: {
        type: 'aws:cloudformation:stack',
        properties: { templateFile: 'App.template.json', stackName: 'App' },
        dependencies: ['App.assets'],
      },
    },
  });
}
