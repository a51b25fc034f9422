import { z } from 'zod';
import type { FileAsset, Resource } from './assembly.ts';
import type { FunctionEnvironment } from './environment.ts';
import { findingOn } from './findings.ts';
import type { FunctionModel } from './model.ts';
import type { Reading } from './reading.ts';
import { textOf } from './resolution.ts';
import type { Scope } from './scope.ts';
import { numberInTemplate, shaped, textInTemplate } from './shape.ts';
import { judge } from './support.ts';
import { functionSupport } from './support-table.ts';

const functionShape = z.object({
  Runtime: textInTemplate,
  Handler: textInTemplate,
  Code: z.object({ S3Key: textInTemplate.optional() }),
  MemorySize: numberInTemplate.default(128),
  Timeout: numberInTemplate.default(3),
  ReservedConcurrentExecutions: numberInTemplate.optional(),
  Environment: z
    .object({ Variables: z.record(z.string(), z.unknown()).default({}) })
    .default({ Variables: {} }),
});

/**
 * A function that can run here: a nodejs runtime and its code in an asset folder. `model` is `undefined` if it can't;
 * then a finding says why, and accepting it leaves the function out.
 *
 * Defaults (128 MiB, 3 seconds) are Lambda's: "CreateFunction" in the Lambda API reference.
 */
export function functionOf(
  scope: Scope,
  resource: Resource,
  environment: FunctionEnvironment,
): Reading<FunctionModel> {
  const overlaid = { ...resource, properties: environment.applyTo(resource) };
  const { value, findings } = shaped(resource, judge(scope, overlaid, functionSupport), functionShape);
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
      logicalId: resource.logicalId,
      path: resource.path,
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
