/** A cloud assembly as read from disk: parsed, but no intrinsic resolved yet. */
export interface Assembly {
  /** Absolute path of the folder. */
  readonly dir: string;
  /** A stack comes after every stack it depends on. */
  readonly stacks: readonly Stack[];
}

/** Identifies a stack in an assembly: its artifact id in the manifest, unique over all stages. */
export type StackId = string & { readonly __brand: 'StackId' };

/** One stack's template with what the assembly says about it. */
export interface Stack {
  readonly id: StackId;
  /** The name CloudFormation would know it by. */
  readonly name: string;
  readonly resources: ReadonlyMap<string, Resource>;
  readonly outputs: ReadonlyMap<string, Output>;
  readonly parameters: ReadonlyMap<string, Parameter>;
  /** `Mappings`: map name, top level key, second level key. */
  readonly mappings: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>;
  readonly conditions: ReadonlyMap<string, unknown>;
  readonly assets: readonly FileAsset[];
}

/** A resource of a template. `properties` still holds intrinsics. */
export interface Resource {
  readonly stackId: StackId;
  readonly logicalId: string;
  /** Construct path without its last `Resource`, e.g. `Orders/Email`; the logical id where the assembly has none. */
  readonly path: string;
  readonly type: string;
  readonly properties: Readonly<Record<string, unknown>>;
  /** Name of the condition under which the resource exists. */
  readonly condition: string | undefined;
}

export interface Output {
  readonly value: unknown;
  /** `Export.Name`, possibly an intrinsic. */
  readonly exportName: unknown;
  /** Name of the condition under which the output exists. */
  readonly condition: string | undefined;
}

export interface Parameter {
  readonly type: string;
  readonly default: unknown;
}

/** A file asset of `*.assets.json`. */
export interface FileAsset {
  /** S3 keys it would be uploaded to; may hold `${AWS::Region}` and the like. */
  readonly objectKeys: readonly string[];
  /** Absolute path. */
  readonly path: string;
  /** `folder` is what a function's code has to be; `missing`: nothing is at the path. */
  readonly holds: 'folder' | 'file' | 'missing';
}

/** Whether CloudFormation would have a function of the app create this resource. */
export function isCustomResource(resource: Resource): boolean {
  return resource.type.startsWith('Custom::') || resource.type === 'AWS::CloudFormation::CustomResource';
}
