import * as z from 'zod';
import { CURRENT_VERSION, OrderCancelledData, OrderPlacedData } from './events.ts';

/** Readers take what older majors wrote, too; a version's own schema is of its major. */
const schemaVersion = z.string().regex(/^2\.(0|[1-9][0-9]*)$/);
const DATA = {
  OrderPlaced: OrderPlacedData.extend({ schemaVersion }),
  OrderCancelled: OrderCancelledData.extend({ schemaVersion }),
};

/** The JSON Schema of each event's value, by `<type>-<version>`; what JSON Schema can't say is left out of it. */
export function eventSchemas(): Readonly<Record<string, object>> {
  return Object.fromEntries(
    Object.entries(DATA).map(([type, schema]) => [
      `${type}-${CURRENT_VERSION}`,
      {
        title: type,
        ...z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }),
        // A reader ignores what it doesn't know, so that a minor version may add it.
        additionalProperties: true,
      },
    ]),
  );
}
