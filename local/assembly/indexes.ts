import { z } from 'zod';
import type { IndexModel, KeyElement } from './model.ts';
import { textInTemplate } from './shape.ts';

/** Key attributes with their roles, as tables and their indexes have them. */
export const keySchema = z
  .array(z.object({ AttributeName: textInTemplate, KeyType: z.enum(['HASH', 'RANGE']) }))
  .min(1);

/** `GlobalSecondaryIndexes` of either table type. */
export const indexesShape = z
  .array(
    z.object({
      IndexName: textInTemplate,
      KeySchema: keySchema,
      Projection: z.object({
        ProjectionType: z.enum(['ALL', 'KEYS_ONLY', 'INCLUDE']).default('ALL'),
        NonKeyAttributes: z.array(textInTemplate).default([]),
      }),
    }),
  )
  .default([]);

/** Types by attribute, as `AttributeDefinitions` gives them. */
export type AttributeTypes = ReadonlyMap<string, KeyElement['type']>;

/** Key elements with their types; `undefined` if one has none. */
export function keysOf(schema: z.infer<typeof keySchema>, types: AttributeTypes): KeyElement[] | undefined {
  const keys = schema.flatMap(({ AttributeName, KeyType }): KeyElement[] => {
    const type = types.get(AttributeName);
    return type === undefined ? [] : [{ name: AttributeName, role: KeyType, type }];
  });
  return keys.length < schema.length ? undefined : keys;
}

/** Indexes with their keys; `undefined` if a key attribute has no type. */
export function indexesOf(
  indexes: z.infer<typeof indexesShape>,
  types: AttributeTypes,
): IndexModel[] | undefined {
  const models = indexes.flatMap(({ IndexName, KeySchema, Projection }): IndexModel[] => {
    const keys = keysOf(KeySchema, types);
    if (keys === undefined) return [];
    const { ProjectionType: projection, NonKeyAttributes: included } = Projection;
    return [{ name: IndexName, keys, projection, included }];
  });
  return models.length < indexes.length ? undefined : models;
}
