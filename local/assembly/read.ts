import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { LocalCloudError } from '../errors.ts';
import type { Assembly, FileAsset, Resource, Stack, StackId } from './assembly.ts';

const metadataEntries = z.record(
  z.string(),
  z.array(z.looseObject({ type: z.string(), data: z.unknown().optional() })),
);

/**
 * `manifest.json` of a cloud assembly, as far as it is read here.
 *
 * Source: the package `@aws-cdk/cloud-assembly-schema`, `AssemblyManifest`.
 */
const manifestDocument = z.looseObject({
  version: z.string(),
  artifacts: z
    .record(
      z.string(),
      z.looseObject({
        type: z.string(),
        dependencies: z.array(z.string()).default([]),
        properties: z.record(z.string(), z.unknown()).default({}),
        metadata: metadataEntries.optional(),
        additionalMetadataFile: z.string().optional(),
      }),
    )
    .default({}),
});
type ManifestDocument = z.infer<typeof manifestDocument>;

/** Properties of a manifest artifact of type `aws:cloudformation:stack`. */
const stackProperties = z.looseObject({ templateFile: z.string(), stackName: z.string().optional() });

/** Properties of a manifest artifact of type `cdk:asset-manifest`. */
const assetManifestProperties = z.looseObject({ file: z.string() });

/** Properties of a manifest artifact of type `cdk:cloud-assembly`: a stage's own assembly. */
const nestedAssemblyProperties = z.looseObject({ directoryName: z.string() });

/** `additionalMetadataFile` of a stack artifact: metadata entries by `/construct/path`. */
const metadataDocument = metadataEntries;
type MetadataDocument = z.infer<typeof metadataDocument>;

/** `*.assets.json`: what would be uploaded, and to which S3 keys. */
const assetsDocument = z.looseObject({
  files: z
    .record(
      z.string(),
      z.looseObject({
        source: z.looseObject({ path: z.string().optional() }),
        destinations: z.record(z.string(), z.looseObject({ objectKey: z.string() })).default({}),
      }),
    )
    .default({}),
});

/** A CloudFormation template; values keep their intrinsics. */
export const templateDocument = z.looseObject({
  Resources: z
    .record(
      z.string(),
      z.looseObject({
        Type: z.string(),
        Properties: z.record(z.string(), z.unknown()).default({}),
        Condition: z.string().optional(),
        Metadata: z.record(z.string(), z.unknown()).default({}),
      }),
    )
    .default({}),
  Outputs: z
    .record(
      z.string(),
      z.looseObject({
        Value: z.unknown(),
        Export: z.looseObject({ Name: z.unknown() }).optional(),
        Condition: z.string().optional(),
      }),
    )
    .default({}),
  Parameters: z
    .record(z.string(), z.looseObject({ Type: z.string(), Default: z.unknown().optional() }))
    .default({}),
  Mappings: z.record(z.string(), z.record(z.string(), z.record(z.string(), z.unknown()))).default({}),
  Conditions: z.record(z.string(), z.unknown()).default({}),
});
type TemplateDocument = z.infer<typeof templateDocument>;

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

/** Joins a stack's template with its construct paths and the assembly's assets. */
export function stackOf(parts: {
  readonly id: StackId;
  readonly name: string;
  readonly template: TemplateDocument;
  readonly metadata: MetadataDocument;
  readonly assets: readonly FileAsset[];
}): Stack {
  const { id, name, template, assets } = parts;
  const paths = constructPaths(parts.metadata);
  const resources = Object.entries(template.Resources).map(([logicalId, resource]): [string, Resource] => [
    logicalId,
    {
      stackId: id,
      logicalId,
      path: pathOf(resource.Metadata['aws:cdk:path']) ?? paths.get(logicalId) ?? logicalId,
      type: resource.Type,
      properties: resource.Properties,
      condition: resource.Condition,
    },
  ]);
  return {
    id,
    name,
    resources: new Map(resources),
    outputs: new Map(
      Object.entries(template.Outputs).map(([key, output]) => [
        key,
        { value: output.Value, exportName: output.Export?.Name, condition: output.Condition },
      ]),
    ),
    parameters: new Map(
      Object.entries(template.Parameters).map(([key, parameter]) => [
        key,
        { type: parameter.Type, default: parameter.Default },
      ]),
    ),
    mappings: template.Mappings,
    conditions: new Map(Object.entries(template.Conditions)),
    assets,
  };
}

/** Construct path by logical id, from metadata entries of type `aws:cdk:logicalId`. */
function constructPaths(metadata: MetadataDocument): ReadonlyMap<string, string> {
  const paths = new Map<string, string>();
  for (const [path, entries] of Object.entries(metadata)) {
    for (const entry of entries) {
      const readable = pathOf(path);
      if (entry.type === 'aws:cdk:logicalId' && typeof entry.data === 'string' && readable !== undefined) {
        paths.set(entry.data, readable);
      }
    }
  }
  return paths;
}

function pathOf(path: unknown): string | undefined {
  if (typeof path !== 'string' || path === '') return undefined;
  // An L2 construct's own resource is called `Resource`: the construct is what its author knows.
  return path.replace(/^\//, '').replace(/\/Resource$/, '');
}
