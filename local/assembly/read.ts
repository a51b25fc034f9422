import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { LocalCloudError } from '../errors.ts';
import type { Assembly, FileAsset, Stack, StackId } from './assembly.ts';
import {
  assetManifestProperties,
  assetsDocument,
  type ManifestDocument,
  type MetadataDocument,
  manifestDocument,
  metadataDocument,
  nestedAssemblyProperties,
  stackProperties,
  templateDocument,
} from './documents.ts';
import { stackOf } from './stack-of.ts';

/**
 * Reads a synthesized CDK app from its cloud assembly folder, stages (nested assemblies) included.
 *
 * Nothing of the app is executed. Pass a stage's own `assembly-<Stage>` folder to read that stage alone.
 *
 * @param dir the folder `cdk synth` wrote, usually `cdk.out`
 * @throws LocalCloudError `ASSEMBLY_UNREADABLE` naming the file that is missing or not what it should be
 */
export async function readAssembly(dir: string): Promise<Assembly> {
  const root = resolve(dir);
  const stacks = await readStacks(root);
  if (stacks.length === 0) {
    throw unreadable(join(root, 'manifest.json'), 'it has no stack');
  }
  return { dir: root, stacks };
}

type Artifact = ManifestDocument['artifacts'][string];

async function readStacks(dir: string): Promise<Stack[]> {
  const { artifacts } = await readDocument(join(dir, 'manifest.json'), manifestDocument);
  const assets = await readAssets(dir, artifacts);
  const stacks: Stack[] = [];
  for (const id of inDependencyOrder(artifacts)) {
    const artifact = artifacts[id];
    if (artifact?.type === 'cdk:cloud-assembly') {
      const { directoryName } = parse(
        nestedAssemblyProperties,
        artifact.properties,
        join(dir, 'manifest.json'),
      );
      stacks.push(...(await readStacks(join(dir, directoryName))));
    } else if (artifact?.type === 'aws:cloudformation:stack') {
      stacks.push(await readStack(dir, id as StackId, artifact, assets));
    }
  }
  return stacks;
}

async function readStack(
  dir: string,
  id: StackId,
  artifact: Artifact,
  assets: readonly FileAsset[],
): Promise<Stack> {
  const { templateFile, stackName } = parse(stackProperties, artifact.properties, join(dir, 'manifest.json'));
  const [template, metadata] = await Promise.all([
    readDocument(join(dir, templateFile), templateDocument),
    readMetadata(dir, artifact),
  ]);
  return stackOf({ id, name: stackName ?? id, template, metadata, assets });
}

async function readMetadata(dir: string, artifact: Artifact): Promise<MetadataDocument> {
  // Newer assemblies keep a stack's metadata in a file of its own, older ones in the manifest.
  const separate =
    artifact.additionalMetadataFile === undefined
      ? {}
      : await readDocument(join(dir, artifact.additionalMetadataFile), metadataDocument);
  return { ...artifact.metadata, ...separate };
}

async function readAssets(dir: string, artifacts: ManifestDocument['artifacts']): Promise<FileAsset[]> {
  const manifests = Object.values(artifacts)
    .filter((artifact) => artifact.type === 'cdk:asset-manifest')
    .map((artifact) => parse(assetManifestProperties, artifact.properties, join(dir, 'manifest.json')).file);
  const assets: FileAsset[] = [];
  for (const manifest of manifests) {
    const file = join(dir, manifest);
    const { files } = await readDocument(file, assetsDocument);
    for (const { source, destinations } of Object.values(files)) {
      if (source.path === undefined) continue;
      const path = resolve(dirname(file), source.path);
      const objectKeys = Object.values(destinations).map((destination) => destination.objectKey);
      assets.push({ objectKeys, path, holds: await whatIsAt(path) });
    }
  }
  return assets;
}

async function whatIsAt(path: string): Promise<FileAsset['holds']> {
  try {
    return (await stat(path)).isDirectory() ? 'folder' : 'file';
  } catch {
    return 'missing';
  }
}

/** Depth first over the artifacts' dependencies, otherwise in the manifest's own order. */
function inDependencyOrder(artifacts: ManifestDocument['artifacts']): string[] {
  const ordered = new Set<string>();
  const visiting = new Set<string>();
  const visit = (id: string): void => {
    if (ordered.has(id) || visiting.has(id)) return;
    visiting.add(id);
    for (const dependency of artifacts[id]?.dependencies ?? []) visit(dependency);
    ordered.add(id);
  };
  for (const id of Object.keys(artifacts)) visit(id);
  return [...ordered];
}

async function readDocument<T>(file: string, schema: z.ZodType<T>): Promise<T> {
  let json: unknown;
  try {
    json = JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    const why = cause instanceof SyntaxError ? 'it is not JSON' : 'it cannot be read';
    throw unreadable(file, why, cause);
  }
  return parse(schema, json, file);
}

function parse<T>(schema: z.ZodType<T>, json: unknown, file: string): T {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw unreadable(file, `it is not what CDK writes:\n${z.prettifyError(parsed.error)}`, parsed.error);
}

function unreadable(file: string, why: string, cause?: unknown): LocalCloudError {
  return new LocalCloudError('ASSEMBLY_UNREADABLE', `cannot read the cloud assembly: ${file}: ${why}`, {
    remedy: [
      'Synthesize the app first: npx cdk synth',
      `Name the folder it wrote (usually cdk.out) with --app; ${basename(file)} was looked for in ${dirname(file)}`,
    ],
    cause,
  });
}
