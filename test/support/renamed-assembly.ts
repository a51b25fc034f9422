import { readFileSync, writeFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';

interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly Metadata?: Readonly<Record<string, string>>;
}
interface Template {
  readonly Resources: Readonly<Record<string, Resource>>;
}

/**
 * Copies a cloud assembly and gives every logical id, every function and the topic `orders` another name, so that
 * nothing is found by a name it had. Construct paths become `<stack>/<new logical id>`.
 */
export async function renamedAssembly(from: string, to: string, topic: string): Promise<void> {
  await cp(from, to, { recursive: true });
  const manifest = JSON.parse(readFileSync(join(to, 'manifest.json'), 'utf8'));
  for (const [stack, artifact] of Object.entries<{ type: string; metadata?: unknown }>(manifest.artifacts)) {
    if (artifact.type !== 'aws:cloudformation:stack') continue;
    // The construct paths in it are the old ones.
    delete artifact.metadata;
    const path = join(to, `${stack}.template.json`);
    const template = JSON.parse(readFileSync(path, 'utf8')) as Template;
    writeFileSync(path, JSON.stringify(renamedTemplate(template, stack, topic)));
  }
  writeFileSync(join(to, 'manifest.json'), JSON.stringify(manifest));
}

/** The path under which `millrace.json` finds a function after its logical id was renamed. */
export function renamedPath(from: string, stack: string, construct: string): string {
  const { Resources } = JSON.parse(readFileSync(join(from, `${stack}.template.json`), 'utf8')) as Template;
  const found = Object.entries(Resources).find(
    ([, { Metadata }]) => Metadata?.['aws:cdk:path'] === `${construct}/Resource`,
  );
  return `${stack}/${newNames(Resources).get(found?.[0] ?? '')}`;
}

function newNames(resources: Template['Resources']): ReadonlyMap<string, string> {
  return new Map(Object.keys(resources).map((logicalId, index) => [logicalId, `Thing${index}`]));
}

function renamedTemplate(template: Template, stack: string, topic: string): unknown {
  const names = newNames(template.Resources);
  const rename = (text: unknown): unknown => (typeof text === 'string' ? (names.get(text) ?? text) : text);
  const walk = (value: unknown): unknown => {
    if (value === 'orders') return topic;
    if (Array.isArray(value)) return value.map(walk);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, part]) => {
        if (key === 'Ref') return [key, rename(part)];
        if (key === 'Fn::GetAtt' && Array.isArray(part)) return [key, [rename(part[0]), ...part.slice(1)]];
        if (key === 'DependsOn') return [key, Array.isArray(part) ? part.map(rename) : rename(part)];
        return [key, walk(part)];
      }),
    );
  };
  const resources = Object.entries(template.Resources).map(([logicalId, resource]) => {
    const name = names.get(logicalId) ?? logicalId;
    const renamed = walk(resource) as Resource;
    return [
      name,
      {
        ...renamed,
        ...(renamed.Type === 'AWS::Lambda::Function' && {
          Properties: { ...renamed.Properties, FunctionName: `fn-${name.toLowerCase()}` },
        }),
        Metadata: { ...renamed.Metadata, 'aws:cdk:path': `${stack}/${name}` },
      },
    ];
  });
  return { ...(walk(template) as object), Resources: Object.fromEntries(resources) };
}
