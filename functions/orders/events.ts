import * as z from 'zod';
import { type EventId, OrderId } from './ids.ts';
import { orderShape } from './order.ts';

/** The version that is written. Major 2 describes the shape of an order alone, and a postal code may be absent. */
export const CURRENT_VERSION = '2.0';
/** Orders keep what was written of major 1 for ever, and it has the shape too. A newer minor only adds fields, which a reader ignores. */
const schemaVersion = z.string().regex(/^[12]\.(0|[1-9][0-9]*)$/, 'has an unknown major version');

const timestamp = z.iso.datetime({ precision: 3, error: 'must be an ISO 8601 time in UTC' });

const eventFields = {
  orderId: OrderId,
  customerId: orderShape.customerId,
  seq: z.int().min(1).max(999_999_999),
  schemaVersion,
};

/** The value of an `OrderPlaced` record. */
export const OrderPlacedData = z.object({
  ...eventFields,
  ...orderShape,
  total: z.int().min(0),
  placedAt: timestamp,
});
export type OrderPlacedData = z.infer<typeof OrderPlacedData>;

/** The value of an `OrderCancelled` record: what the mail and the shipment need, and no more. */
export const OrderCancelledData = z.object({
  ...eventFields,
  email: orderShape.email,
  currency: orderShape.currency,
  total: z.int().min(0),
  cancelledAt: timestamp,
});
export type OrderCancelledData = z.infer<typeof OrderCancelledData>;

/** A fact about an order. Consumers skip types they do not know. */
export type OrderEvent =
  | { readonly type: 'OrderPlaced'; readonly eventId: EventId; readonly data: OrderPlacedData }
  | { readonly type: 'OrderCancelled'; readonly eventId: EventId; readonly data: OrderCancelledData };

/** What each type of event says: a new one is a line here and one in `OrderEvent`. */
export const EVENT_DATA = { OrderPlaced: OrderPlacedData, OrderCancelled: OrderCancelledData };

/** When an event happened: ISO 8601 in UTC. */
export function happenedAt({ type, data }: OrderEvent): string {
  switch (type) {
    case 'OrderPlaced':
      return data.placedAt;
    case 'OrderCancelled':
      return data.cancelledAt;
  }
}

/** The JSON Schema of each event's value, by `<type>-<version>`; what JSON Schema can't say is left out of it. */
export function eventSchemas(): Readonly<Record<string, object>> {
  return Object.fromEntries(
    Object.entries(EVENT_DATA).map(([type, data]) => [
      `${type}-${CURRENT_VERSION}`,
      {
        title: type,
        // Readers take what older majors wrote, too; a version's own schema is of its major.
        ...z.toJSONSchema(data.extend({ schemaVersion: z.string().regex(/^2\.(0|[1-9][0-9]*)$/) }), {
          io: 'input',
          unrepresentable: 'any',
        }),
        // A reader ignores what it doesn't know, so that a minor version may add it.
        additionalProperties: true,
      },
    ]),
  );
}
