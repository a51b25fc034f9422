import type { TableDescription } from '@aws-sdk/client-dynamodb';
import type { TableModel } from '../assembly/model.ts';

/** In what an existing table differs from its model so that it can't be adopted, in words; undefined if it can be. */
export function tableDifference(existing: TableDescription, model: TableModel): string | undefined {
  const found = keyOf(existing);
  const wanted = model.keys.map(({ name, role, type }) => `${name} ${role} ${type}`).join(', ');
  if (found !== wanted) return `the key ${found}, modelled is ${wanted}`;

  const view = existing.StreamSpecification?.StreamEnabled
    ? existing.StreamSpecification.StreamViewType
    : undefined;
  if (view !== undefined && model.streamView !== undefined && view !== model.streamView) {
    return `the stream view ${view}, modelled is ${model.streamView}`;
  }
  return undefined;
}

function keyOf({ KeySchema = [], AttributeDefinitions = [] }: TableDescription): string {
  const typeOf = new Map(
    AttributeDefinitions.map((attribute) => [attribute.AttributeName, attribute.AttributeType]),
  );
  return KeySchema.map((key) => `${key.AttributeName} ${key.KeyType} ${typeOf.get(key.AttributeName)}`).join(
    ', ',
  );
}
