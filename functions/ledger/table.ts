import type { AttributeValue, DynamoDBClient } from '@aws-sdk/client-dynamodb';

/** A table whose primary key is one string attribute. */
export interface KeyedTable {
  readonly client: DynamoDBClient;
  readonly name: string;
  /** Name of the partition key. */
  readonly key: string;
}

export type Item = Readonly<Record<string, AttributeValue>>;

/** The value of the partition key. */
export function keyOf(table: KeyedTable, item: Item): string {
  const key = item[table.key]?.S;
  if (key === undefined) throw new TypeError(`an item of ${table.name} has no string ${table.key}`);
  return key;
}
