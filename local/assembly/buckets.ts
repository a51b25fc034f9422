import { z } from 'zod';
import type { Resource } from './assembly.ts';
import type { BucketModel } from './model.ts';
import type { Reading } from './reading.ts';
import type { Scope } from './scope.ts';
import { shaped, textInTemplate } from './shape.ts';
import { judge } from './support.ts';
import { bucketSupport } from './support-table.ts';

const bucketShape = z.object({ BucketName: textInTemplate.optional() });

/** Reads an `AWS::S3::Bucket`; `model` is `undefined` if it cannot be created. */
export function bucketOf(scope: Scope, resource: Resource): Reading<BucketModel> {
  const { value, findings } = shaped(resource, judge(scope, resource, bucketSupport), bucketShape);
  if (value === undefined) return { model: undefined, findings };
  const { logicalId, path } = resource;
  return { model: { logicalId, path, name: scope.identity(resource).name }, findings };
}
