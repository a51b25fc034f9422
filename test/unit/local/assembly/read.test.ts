import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type App, CfnResource, Stack, Stage } from 'aws-cdk-lib';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { describe, expect, it } from 'vitest';
import { readAssembly } from '../../../../local/assembly/read.ts';
import { LocalCloudError } from '../../../../local/errors.ts';
import { codeFolder, synthesis, synthesized, temporaryFolder } from './fixtures.ts';

function twoStacks(app: App): void {
  const consumers = new Stack(app, 'Consumers');
  const streaming = new Stack(app, 'Streaming', { stackName: 'streaming-prod' });
  consumers.addStackDependency(streaming);
  new CfnResource(streaming, 'Handle', { type: 'AWS::CloudFormation::WaitConditionHandle' });
  new LambdaFunction(consumers, 'Email', {
    runtime: Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: Code.fromAsset(codeFolder()),
  });
}

async function failure(dir: string): Promise<LocalCloudError> {
  const error: unknown = await readAssembly(dir).catch((cause: unknown) => cause);
  if (error instanceof LocalCloudError) return error;
  throw new TypeError('it was read');
}

describe('readAssembly', synthesis, () => {
  it('puts a stack after those it depends on, under the name it is deployed by', async () => {
    const { stacks } = await readAssembly(synthesized(twoStacks));
    expect(stacks.map(({ name }) => name)).toEqual(['streaming-prod', 'Consumers']);
  });

  it('finds construct paths without path metadata in the template', async () => {
    const { stacks } = await readAssembly(synthesized(twoStacks));
    const email = [...(stacks[1]?.resources.values() ?? [])].find(
      ({ type }) => type === 'AWS::Lambda::Function',
    );
    expect(email?.path).toBe('Consumers/Email');
  });

  it('finds them with path metadata in the template', async () => {
    const dir = synthesized(twoStacks, { context: { 'aws:cdk:enable-path-metadata': true } });
    const { stacks } = await readAssembly(dir);
    expect([...(stacks[1]?.resources.values() ?? [])].map(({ path }) => path)).toContain('Consumers/Email');
  });

  it('finds the folder of an asset by the S3 key', async () => {
    const { stacks } = await readAssembly(synthesized(twoStacks));
    const asset = stacks[1]?.assets.find(({ holds }) => holds === 'folder');
    expect(asset?.objectKeys).toEqual([expect.stringMatching(/^[\da-f]{64}\.zip$/)]);
    expect(readFileSync(join(asset?.path ?? '', 'index.mjs'), 'utf8')).toContain('handler');
  });

  it('follows stages, whose assets lie beside them', async () => {
    const dir = synthesized((app) => {
      twoStacks(app);
      const stage = new Stage(app, 'Prod');
      const stack = new Stack(stage, 'Consumers');
      new LambdaFunction(stack, 'Email', {
        runtime: Runtime.NODEJS_24_X,
        handler: 'index.handler',
        code: Code.fromAsset(codeFolder()),
      });
    });
    const { stacks } = await readAssembly(dir);
    const staged = stacks.find(({ name }) => name === 'Prod-Consumers');
    expect(staged?.assets.map(({ holds }) => holds)).toContain('folder');
    expect([...(staged?.resources.values() ?? [])].map(({ path }) => path)).toContain('Prod/Consumers/Email');
  });

  it('says which file is missing, and how to get it', async () => {
    const error = await failure(temporaryFolder());
    expect(error.code).toBe('ASSEMBLY_UNREADABLE');
    expect(error.message).toContain('manifest.json: it cannot be read');
    expect(error.remedy.join(' ')).toContain('npx cdk synth');
  });

  it.each([
    ['is not JSON', '{', 'it is not JSON'],
    ['is JSON of another shape', '{"Resources": {"Email": {}}}', 'it is not what CDK writes'],
  ])('says which file %s', async (_name, text, why) => {
    const dir = synthesized(twoStacks);
    writeFileSync(join(dir, 'Consumers.template.json'), text);
    const { message } = await failure(dir);
    expect(message).toContain('Consumers.template.json');
    expect(message).toContain(why);
  });

  it('marks an asset whose folder is gone', async () => {
    const dir = synthesized(twoStacks);
    const before = await readAssembly(dir);
    const folder = before.stacks[1]?.assets.find(({ holds }) => holds === 'folder')?.path;
    rmSync(folder ?? '', { recursive: true });
    const after = await readAssembly(dir);
    expect(after.stacks[1]?.assets.find(({ path }) => path === folder)?.holds).toBe('missing');
  });

  it('refuses an assembly without a stack', async () => {
    expect((await failure(synthesized(() => {}))).message).toContain('it has no stack');
  });
});
