import type { FileAsset, Resource, Stack, StackId } from './assembly.ts';
import type { MetadataDocument, TemplateDocument } from './documents.ts';

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
