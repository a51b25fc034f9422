import type { KeySchemaElement, TableDescription } from '@aws-sdk/client-dynamodb';
import type { IndexModel, TableModel } from '../assembly/model.ts';

/** In what an existing table differs from its model so that it can't be adopted, in words; undefined if it can be. */
export function tableDifference(existing: TableDescription, model: TableModel): string | undefined {
  const found = keyOf(existing.KeySchema, existing);
  const wanted = describeKeys(model.keys);
  if (found !== wanted) return `the key ${found}, modelled is ${wanted}`;

  for (const index of model.indexes) {
    const difference = indexDifference(existing, index);
    if (difference !== undefined) return difference;
  }

  const view = existing.StreamSpecification?.StreamEnabled
    ? existing.StreamSpecification.StreamViewType
    : undefined;
  if (view !== undefined && model.streamView !== undefined && view !== model.streamView) {
    return `the stream view ${view}, modelled is ${model.streamView}`;
  }
  return undefined;
}

function indexDifference(existing: TableDescription, model: IndexModel): string | undefined {
  const index = existing.GlobalSecondaryIndexes?.find(({ IndexName }) => IndexName === model.name);
  if (index === undefined) return `no index ${model.name}`;
  const { ProjectionType = 'ALL', NonKeyAttributes = [] } = index.Projection ?? {};
  const found = `${keyOf(index.KeySchema, existing)} with ${describeProjection(ProjectionType, NonKeyAttributes)}`;
  const wanted = `${describeKeys(model.keys)} with ${describeProjection(model.projection, model.included)}`;
  return found === wanted ? undefined : `the index ${model.name} on ${found}, modelled is ${wanted}`;
}

function keyOf(
  schema: readonly KeySchemaElement[] = [],
  { AttributeDefinitions = [] }: TableDescription,
): string {
  const typeOf = new Map(
    AttributeDefinitions.map((attribute) => [attribute.AttributeName, attribute.AttributeType]),
  );
  return schema
    .map((key) => `${key.AttributeName} ${key.KeyType} ${typeOf.get(key.AttributeName)}`)
    .join(', ');
}

function describeKeys(keys: TableModel['keys']): string {
  return keys.map(({ name, role, type }) => `${name} ${role} ${type}`).join(', ');
}

function describeProjection(projection: string, included: readonly string[]): string {
  return projection === 'INCLUDE' ? `INCLUDE ${[...included].sort().join(' ')}` : projection;
}
