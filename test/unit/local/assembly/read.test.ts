import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CfnResource, Stack, Stage } from 'aws-cdk-lib';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { describe, expect, it } from 'vitest';
import type { Stack as StackOfAssembly } from '../../../../local/assembly/assembly.ts';
import { readAssembly } from '../../../../local/assembly/read.ts';
import { LocalCloudError } from '../../../../local/errors.ts';
import { codeFolder, synthesis, synthesized, temporaryFolder } from './fixtures.ts';

/** Files of an assembly with one stack `App` of a single resource, whose asset is the folder `code`. */
const files: Readonly<Record<string, unknown>> = {
  'manifest.json': {
    version: '55.0.0',
    artifacts: {
      App: {
        type: 'aws:cloudformation:stack',
        properties: { templateFile: 'App.template.json' },
        metadata: { '/App/Email/Resource': [{ type: 'aws:cdk:logicalId', data: 'Email' }] },
      },
      'App.assets': { type: 'cdk:asset-manifest', properties: { file: 'App.assets.json' } },
    },
  },
  'App.template.json': { Resources: { Email: { Type: 'AWS::Lambda::Function' } } },
  'App.assets.json': {
    files: { hash: { source: { path: 'code' }, destinations: { here: { objectKey: 'hash.zip' } } } },
  },
};

/** Writes the files, some of them replaced, and the asset's folder. */
function written(replaced: Readonly<Record<string, unknown>> = {}): string {
  const dir = temporaryFolder();
  mkdirSync(join(dir, 'code'));
  for (const [name, content] of Object.entries({ ...files, ...replaced })) {
    writeFileSync(join(dir, name), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return dir;
}

async function failure(dir: string): Promise<LocalCloudError> {
  const error: unknown = await readAssembly(dir).catch((cause: unknown) => cause);
  if (error instanceof LocalCloudError) return error;
  throw new TypeError('it was read');
}

const pathsIn = (stack: StackOfAssembly | undefined) =>
  [...(stack?.resources.values() ?? [])].map(({ path }) => path);

describe('readAssembly', () => {
  it(
    'reads what CDK writes: stacks after those they depend on, stages, paths and assets',
    synthesis,
    async () => {
      const dir = synthesized((app) => {
        const email = (stack: Stack) =>
          new LambdaFunction(stack, 'Email', {
            runtime: Runtime.NODEJS_24_X,
            handler: 'index.handler',
            code: Code.fromAsset(codeFolder()),
          });
        const consumers = new Stack(app, 'Consumers');
        const streaming = new Stack(app, 'Streaming', { stackName: 'streaming-prod' });
        consumers.addStackDependency(streaming);
        new CfnResource(streaming, 'Handle', { type: 'AWS::CloudFormation::WaitConditionHandle' });
        email(consumers);
        email(new Stack(new Stage(app, 'Prod'), 'Consumers'));
      });
      const { stacks } = await readAssembly(dir);
      const names = stacks.map(({ name }) => name);
      expect(names.toSorted()).toEqual(['Consumers', 'Prod-Consumers', 'streaming-prod']);
      expect(names.indexOf('streaming-prod')).toBeLessThan(names.indexOf('Consumers'));
      for (const [name, path] of [
        ['Consumers', 'Consumers/Email'],
        ['Prod-Consumers', 'Prod/Consumers/Email'],
      ]) {
        const stack = stacks.find((candidate) => candidate.name === name);
        expect(pathsIn(stack)).toContain(path);
        const asset = stack?.assets.find(({ holds }) => holds === 'folder');
        expect(asset?.objectKeys).toEqual([expect.stringMatching(/^[\da-f]{64}\.zip$/)]);
        expect(readFileSync(join(asset?.path ?? '', 'index.mjs'), 'utf8')).toContain('handler');
      }
    },
  );

  it.each<[string, Readonly<Record<string, unknown>>, string]>([
    ['the manifest', {}, 'App/Email'],
    [
      'the template',
      {
        'App.template.json': {
          Resources: {
            Email: { Type: 'AWS::Lambda::Function', Metadata: { 'aws:cdk:path': 'App/Mail/Resource' } },
          },
        },
      },
      'App/Mail',
    ],
    [
      'nothing',
      { 'App.template.json': { Resources: { Other: { Type: 'AWS::Lambda::Function' } } } },
      'Other',
    ],
  ])('takes construct paths from %s', async (_name, replaced, path) => {
    const { stacks } = await readAssembly(written(replaced));
    expect(pathsIn(stacks[0])).toEqual([path]);
  });

  it('tells an asset that is a folder from a file and from nothing', async () => {
    const dir = written();
    const holds = async () => (await readAssembly(dir)).stacks[0]?.assets.map((asset) => asset.holds);
    expect(await holds()).toEqual(['folder']);
    rmSync(join(dir, 'code'), { recursive: true });
    expect(await holds()).toEqual(['missing']);
    writeFileSync(join(dir, 'code'), '');
    expect(await holds()).toEqual(['file']);
  });

  it('says which file is missing, and how to get it', async () => {
    const error = await failure(temporaryFolder());
    expect(error.code).toBe('ASSEMBLY_UNREADABLE');
    expect(error.message).toContain('manifest.json: it cannot be read');
    expect(error.remedy.join(' ')).toContain('npx cdk synth');
  });

  it.each([
    ['is not JSON', 'App.template.json', '{', 'it is not JSON'],
    ['is of another shape', 'App.template.json', '{"Resources": {"Email": {}}}', 'it is not what CDK writes'],
    ['is of another shape', 'App.assets.json', '{"files": []}', 'it is not what CDK writes'],
    ['has no stack', 'manifest.json', '{"version": "55.0.0"}', 'it has no stack'],
  ])('says which file %s: %s', async (_name, file, text, why) => {
    const { message } = await failure(written({ [file]: text }));
    expect(message).toContain(file);
    expect(message).toContain(why);
  });
});
