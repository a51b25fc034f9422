import { z } from 'zod';

const text = z.object({ S: z.string() }).transform(({ S }) => S);

function addressOf<T extends z.ZodType<string>>(text: T) {
  return z.object({
    name: text,
    line1: text,
    line2: text.optional(),
    city: text,
    postalCode: text.optional(),
    country: text,
  });
}

/** Where something goes or comes from; `country` is two letters of ISO 3166-1. */
export const PostalAddress = addressOf(z.string());
export type PostalAddress = z.infer<typeof PostalAddress>;

/** A row of the table of shipments, as DynamoDB answers it; what a label doesn't need is left out. */
export const Shipment = z
  .object({
    orderId: text,
    carrier: text,
    weightClass: text,
    createdAt: z.object({ S: z.iso.datetime() }).transform(({ S }) => S),
    lines: z.object({
      L: z.array(z.object({ M: z.object({ quantity: z.object({ N: z.coerce.number() }) }) })),
    }),
    address: z.object({ M: addressOf(text) }).transform(({ M }) => M),
  })
  .transform(({ lines, ...shipment }) => ({
    ...shipment,
    /** How many things are in it. */
    items: lines.L.reduce((sum, { M }) => sum + M.quantity.N, 0),
  }));
/** What a label says. */
export type Shipment = z.infer<typeof Shipment>;
