import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';

const Schema = z.looseObject({
  properties: z.record(z.string(), z.unknown()).default({}),
  required: z.array(z.string()).default([]),
  items: z.unknown().optional(),
});

/**
 * What of a schema is not as it was published, by JSON pointer; a property that is added and may be absent is no change.
 *
 * Events lie on the topic for a week, and consumers are deployed one by one: new readers meet old events, and old readers
 * new ones. Only what may be absent can be added without either breaking.
 */
export function schemaChanges(published: unknown, current: unknown, at = ''): string[] {
  const { properties, items, required, ...rules } = Schema.parse(published);
  const now = Schema.parse(current);
  const { properties: _properties, items: _items, required: _required, ...rulesNow } = now;

  const changes = isDeepStrictEqual(rules, rulesNow) ? [] : [at];
  for (const [name, schema] of Object.entries(properties)) {
    const place = `${at}/${name}`;
    if (name in now.properties) changes.push(...schemaChanges(schema, now.properties[name], place));
    else changes.push(`${place} is gone`);
  }
  for (const name of required) if (!now.required.includes(name)) changes.push(`${at}/${name} may be absent`);
  for (const name of now.required)
    if (!required.includes(name)) changes.push(`${at}/${name} may not be absent`);
  if (items !== undefined || now.items !== undefined) {
    changes.push(...schemaChanges(items ?? {}, now.items ?? {}, `${at}/*`));
  }
  return changes;
}
