import type { FileAsset, Resource } from '../assembly/assembly.ts';
import { type Finding, findingOn } from '../assembly/findings.ts';
import { isRecord, resolved, textOf, whenResolved } from '../assembly/resolution.ts';
import type { Scope } from '../assembly/scope.ts';
import {
  encryption,
  entries,
  harmless,
  honoured,
  iam,
  label,
  logging,
  network,
  numberInTemplate,
  only,
  parts,
  readProperties,
  refused,
  requiredParts,
  textInTemplate,
} from './properties.ts';
import {
  type Answer,
  type App,
  arn,
  type Identity,
  modelsOf,
  name,
  type Part,
  placeOf,
  type Reading,
  type ResourceType,
  readEach,
  unknownNames,
} from './resource-type.ts';

/** A Lambda function whose code lies unpacked on disk. */
export interface FunctionModel extends Part {
  readonly name: string;
  readonly arn: string;
  readonly runtime: string;
  /** Lambda's handler string, `<module>.<export>`. */
  readonly handler: string;
  /** Absolute path of the asset folder. */
  readonly codeDir: string;
  readonly memoryMiB: number;
  readonly timeoutSeconds: number;
  /** `undefined`: none reserved. 0: every invocation is throttled. */
  readonly reservedConcurrency: number | undefined;
  readonly environment: Readonly<Record<string, string>>;
}

const functionArn = arn('lambda', ({ name }) => `function:${name}`);

/** A version or alias belongs to the function its property names, by name or ARN. */
function qualifiedArn(qualifier: (identity: Identity) => string): Answer {
  return (identity) =>
    whenResolved(identity.property('FunctionName'), (value) =>
      functionArn({ ...identity, name: `${functionNameIn(textOf(value) ?? '')}:${qualifier(identity)}` }),
    );
}

/** The bare name in a function name or ARN; versions and aliases are all the one function there is here. */
export function functionNameIn(nameOrArn: string): string {
  const [, afterFunction] = nameOrArn.split(':function:');
  return (afterFunction ?? nameOrArn).split(':')[0] ?? nameOrArn;
}

const properties = {
  Code: requiredParts({
    S3Key: honoured(textInTemplate.optional()),
    ...refused('container images are not run: the code has to be an asset folder', 'ImageUri'),
    ...refused('inline code is not run: the code has to be an asset folder', 'ZipFile'),
    ...harmless(
      'the code is found by its key in the assembly',
      'S3Bucket',
      'S3ObjectStorageMode',
      'S3ObjectVersion',
    ),
    ...encryption('SourceKMSKeyArn'),
  }),
  Environment: parts({ Variables: entries }),
  FunctionName: honoured(),
  Handler: honoured(textInTemplate),
  // Defaults: "CreateFunction" in the Lambda API reference.
  MemorySize: honoured(numberInTemplate.default(128)),
  PackageType: only(['Zip'], 'container images are not run: the code has to be an asset folder'),
  ReservedConcurrentExecutions: honoured(numberInTemplate.optional()),
  Runtime: honoured(textInTemplate),
  SnapStart: only([{ ApplyOn: 'None' }], 'environments are not restored from a snapshot here'),
  Timeout: honoured(numberInTemplate.default(3)),
  ...refused('capacity providers are not emulated', 'CapacityProviderConfig', 'FunctionScalingConfig'),
  ...refused('a dead-letter queue of asynchronous invocations is not emulated', 'DeadLetterConfig'),
  ...refused('durable functions are not emulated', 'DurableConfig'),
  ...refused('file systems are not mounted here', 'FileSystemConfigs'),
  ...refused('container images are not run: the code has to be an asset folder', 'ImageConfig'),
  ...refused('layers are not mounted: bundle what they hold into the function', 'Layers'),
  ...refused('environments are not isolated by tenant here', 'TenancyConfig'),
  ...harmless('functions run on the processor at hand', 'Architectures'),
  ...harmless('the size of /tmp is not limited here', 'EphemeralStorage'),
  ...harmless('there is one version of a function here', 'PublishToLatestPublished'),
  ...harmless('recursive loops are not detected here', 'RecursiveLoop'),
  ...harmless('the Node at hand runs every function', 'RuntimeManagementConfig'),
  ...harmless('traces go nowhere here', 'TracingConfig'),
  ...iam('CodeSigningConfigArn', 'Role'),
  ...label('Description', 'Tags'),
  ...encryption('KmsKeyArn'),
  ...logging('LoggingConfig'),
  ...network('VpcConfig'),
};

/** Lambda functions of the nodejs runtimes, with the versions and aliases that all stand for the one there is here. */
export const functions: ResourceType<FunctionModel> = {
  word: 'function',
  types: {
    'AWS::Lambda::Function': {
      nameProperty: 'FunctionName',
      nameLimit: 64,
      ref: name,
      attributes: { Arn: functionArn },
    },
    'AWS::Lambda::Version': {
      nameLimit: 64,
      ref: qualifiedArn(() => '1'),
      attributes: { Version: () => resolved('1'), FunctionArn: qualifiedArn(() => '1') },
    },
    'AWS::Lambda::Alias': {
      nameProperty: 'Name',
      nameLimit: 128,
      ref: qualifiedArn(({ name }) => name),
      attributes: { AliasArn: qualifiedArn(({ name }) => name) },
    },
  },
  uniqueName: 'FunctionName',
  read: ({ scope, running, environment }) =>
    readEach(running, (resource) => functionOf(scope, resource, environment)),
  furtherFindings: ({ running, environment }) => environment.unknownKeys(running),
};

/** Whether a running cloud can put the newer one in the older one's place. */
export function isSameFunction(older: FunctionModel, newer: FunctionModel): boolean {
  return older.name === newer.name && older.arn === newer.arn && older.path === newer.path;
}

/** Every text that the functions which run are told. */
export function environmentTexts(app: App): ReadonlySet<string> {
  return new Set(modelsOf(app.read(functions)).flatMap(({ environment }) => Object.values(environment)));
}

/**
 * A function that can run here: a nodejs runtime and its code in an asset folder. `model` is `undefined` if it can't;
 * then a finding says why, and accepting it leaves the function out.
 */
function functionOf(
  scope: Scope,
  resource: Resource,
  environment: FunctionEnvironment,
): Reading<FunctionModel> {
  const overlaid = { ...resource, properties: environment.applyTo(resource) };
  const { value, findings } = readProperties(scope, overlaid, properties);
  if (value === undefined) return { model: undefined, findings };
  if (!/^nodejs\d+\.x$/.test(value.Runtime)) {
    const message = `the runtime ${value.Runtime} is not run here, only nodejs; accepted, the function is left out`;
    return { model: undefined, findings: [...findings, findingOn(resource, 'Runtime', message)] };
  }
  const code = codeOf(scope, resource, value.Code.S3Key);
  if (typeof code === 'string') {
    // Code of another kind is a finding already.
    const isSaid =
      value.Code.S3Key === undefined && findings.some(({ property }) => property?.startsWith('Code.'));
    return {
      model: undefined,
      findings: isSaid ? findings : [...findings, findingOn(resource, 'Code.S3Key', code)],
    };
  }
  const identity = scope.identity(resource);
  return {
    model: {
      ...placeOf(resource),
      name: identity.name,
      arn: `arn:aws:lambda:${scope.facts.region}:${scope.facts.account}:function:${identity.name}`,
      runtime: value.Runtime,
      handler: value.Handler,
      codeDir: code.path,
      memoryMiB: value.MemorySize,
      timeoutSeconds: value.Timeout,
      reservedConcurrency: value.ReservedConcurrentExecutions,
      environment: Object.fromEntries(
        Object.entries(value.Environment.Variables).map(([name, text]) => [
          name,
          textOf(text) ?? JSON.stringify(text),
        ]),
      ),
    },
    findings,
  };
}

/** The asset folder uploaded under the key, or why there is none. */
function codeOf(scope: Scope, resource: Resource, key: string | undefined): FileAsset | string {
  if (key === undefined) return 'there is no code; accepted, the function is left out';
  const asset = scope.assembly.stacks
    .flatMap(({ assets }) => assets)
    .find(({ objectKeys }) => objectKeys.some((candidate) => keyMatches(scope, resource, candidate, key)));
  if (asset === undefined)
    return `no asset of this assembly is uploaded as ${key}; accepted, the function is left out`;
  switch (asset.holds) {
    case 'folder':
      return asset;
    case 'file':
      return 'the code is packed in a file: the asset has to be a folder; accepted, the function is left out';
    case 'missing':
      return `the asset folder is gone: ${asset.path}; run npx cdk synth again`;
  }
}

/** Object keys in an asset manifest may hold `${AWS::Region}` and the like, as `Fn::Sub` does. */
function keyMatches(scope: Scope, resource: Resource, objectKey: string, key: string): boolean {
  const resolution = scope.resolve(resource.stackId, { 'Fn::Sub': objectKey });
  return resolution.resolved && resolution.value === key;
}

/**
 * Environment variables that replace or add to a function's own, by the function's logical id or construct path.
 *
 * It is how an app is pointed at local parts that its template cannot name, e.g. how to authenticate with the broker.
 */
type EnvironmentOverlay = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** An overlay put over functions' templates. */
export interface FunctionEnvironment {
  /** The function's properties with the overlay's variables in them; everything else as in the template. */
  applyTo(resource: Resource): Readonly<Record<string, unknown>>;
  /** A finding for every key of the overlay that names none of the functions. */
  unknownKeys(functions: readonly Resource[]): readonly Finding[];
}

export function overlayOf(overlay: EnvironmentOverlay): FunctionEnvironment {
  return {
    applyTo: (resource) => {
      const variables = { ...overlay[resource.path], ...overlay[resource.logicalId] };
      if (Object.keys(variables).length === 0) return resource.properties;
      const { Environment } = resource.properties;
      const own = isRecord(Environment) && isRecord(Environment.Variables) ? Environment.Variables : {};
      return { ...resource.properties, Environment: { Variables: { ...own, ...variables } } };
    },
    unknownKeys: (functions) =>
      unknownNames(overlay, functions, {
        type: 'AWS::Lambda::Function',
        property: 'Environment',
        given: 'an environment',
        kind: 'function',
      }),
  };
}
