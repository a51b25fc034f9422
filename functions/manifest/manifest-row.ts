import * as z from 'zod';
import type { Item } from '../dynamodb.ts';
import { OrderlyError } from '../errors.ts';
import { OrderId } from '../orders/ids.ts';

/** A shipment as its line of a manifest says it. */
export interface ManifestRow {
  readonly orderId: OrderId;
  readonly weightClass: string;
  /** How many things are in it. */
  readonly items: number;
  readonly address: z.infer<typeof address>['M'];
}

const text = z.object({ S: z.string() }).transform(({ S }) => S);

const address = z.object({
  M: z.object({
    name: text,
    line1: text,
    line2: text.optional(),
    city: text,
    postalCode: text.optional(),
    country: text,
  }),
});

const shape = z.object({
  orderId: z.object({ S: OrderId }),
  weightClass: text,
  address,
  lines: z.object({
    L: z.array(z.object({ M: z.object({ quantity: z.object({ N: z.coerce.number() }) }) })),
  }),
});

/** @throws {OrderlyError} `MANIFEST_ROW_INVALID`, naming the order */
export function manifestRowOf(item: Item): ManifestRow {
  const parsed = shape.safeParse(item);
  if (!parsed.success) {
    throw new OrderlyError('MANIFEST_ROW_INVALID', 'a shipment on a manifest is not what shipping writes', {
      data: { orderId: item.orderId?.S ?? '' },
    });
  }
  const { orderId, weightClass, address, lines } = parsed.data;
  const items = lines.L.reduce((sum, line) => sum + line.M.quantity.N, 0);
  return { orderId: orderId.S, weightClass, items, address: address.M };
}
