/** Writes the JSON Schema of a version that has none yet. One that is published is never written again. */
import { existsSync, writeFileSync } from 'node:fs';
import { eventSchemas } from '../../functions/orders/events.ts';

for (const [name, schema] of Object.entries(eventSchemas())) {
  const file = new URL(`./${name}.schema.json`, import.meta.url);
  if (!existsSync(file)) writeFileSync(file, `${JSON.stringify(schema, null, 2)}\n`);
}
