import * as z from 'zod';
import { CURRENT_VERSION, OrderCancelledData, OrderPlacedData } from './events.ts';

const DATA = { OrderPlaced: OrderPlacedData, OrderCancelled: OrderCancelledData };

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
