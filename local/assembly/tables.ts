import { z } from 'zod';
import type { Resource } from './assembly.ts';
import { findingOn } from './findings.ts';
import { indexesOf, indexesShape, keySchema, keysOf } from './indexes.ts';
import type { TableModel } from './model.ts';
import type { Reading } from './reading.ts';
import type { Scope } from './scope.ts';
import { booleanInTemplate, shaped, textInTemplate } from './shape.ts';
import { judge } from './support.ts';
import { globalTableSupport, tableSupport } from './support-table.ts';

const tableShape = z.object({
  AttributeDefinitions: z
    .array(z.object({ AttributeName: textInTemplate, AttributeType: z.enum(['S', 'N', 'B']) }))
    .default([]),
  KeySchema: keySchema,
  GlobalSecondaryIndexes: indexesShape,
  StreamSpecification: z
    .object({
      // Left out, a global table's stream has both images: "StreamSpecification" of AWS::DynamoDB::GlobalTable.
      StreamViewType: z
        .enum(['KEYS_ONLY', 'NEW_IMAGE', 'OLD_IMAGE', 'NEW_AND_OLD_IMAGES'])
        .default('NEW_AND_OLD_IMAGES'),
    })
    .optional(),
  TimeToLiveSpecification: z
    .object({ AttributeName: textInTemplate.optional(), Enabled: booleanInTemplate.default(true) })
    .optional(),
});

/** Whether the resource is a DynamoDB table of either type. */
export function isTable({ type }: Resource): boolean {
  return type === 'AWS::DynamoDB::Table' || type === 'AWS::DynamoDB::GlobalTable';
}

/** Reads an `AWS::DynamoDB::Table` or `AWS::DynamoDB::GlobalTable`; `model` is `undefined` if it cannot be created. */
export function tableOf(scope: Scope, resource: Resource): Reading<TableModel> {
  const support = resource.type === 'AWS::DynamoDB::Table' ? tableSupport : globalTableSupport;
  const { value, findings } = shaped(resource, judge(scope, resource, support), tableShape);
  if (value === undefined) return { model: undefined, findings };
  const types = new Map(
    value.AttributeDefinitions.map(({ AttributeName, AttributeType }) => [AttributeName, AttributeType]),
  );
  const keys = keysOf(value.KeySchema, types);
  const indexes = indexesOf(value.GlobalSecondaryIndexes, types);
  if (keys === undefined || indexes === undefined) {
    const property = keys === undefined ? 'KeySchema' : 'GlobalSecondaryIndexes';
    const message = 'a key attribute has no type in AttributeDefinitions';
    return { model: undefined, findings: [...findings, findingOn(resource, property, message)] };
  }
  const ttl = value.TimeToLiveSpecification;
  return {
    model: {
      logicalId: resource.logicalId,
      path: resource.path,
      name: scope.identity(resource).name,
      keys,
      indexes,
      streamView: value.StreamSpecification?.StreamViewType,
      timeToLiveAttribute: ttl?.Enabled === true ? ttl.AttributeName : undefined,
    },
    findings,
  };
}
