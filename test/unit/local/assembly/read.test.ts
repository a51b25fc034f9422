import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Stack as StackOfAssembly } from '../../../../local/assembly/assembly.ts';
import { readAssembly } from '../../../../local/assembly/read.ts';
import { LocalCloudError } from '../../../../local/errors.ts';
import { temporaryFolder } from '../fixtures.ts';

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
