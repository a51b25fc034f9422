import type { Item } from '../../functions/dynamodb.ts';
import type { UtcDay } from '../../functions/manifest/files.ts';
import { placementOf } from '../../functions/shipping/shipment.ts';
import { shipmentItem } from '../../functions/shipping/shipments.ts';
import { anOrder, orderBody, orderPlaced } from './orders.ts';

/** The day on which the sample orders are placed. */
export const DAY = '2026-03-01' as UtcDay;
export const NEXT_DAY = '2026-03-02' as UtcDay;

/** The item of a shipment as its placement writes it; `quantity` decides its weight class, 2 is a letter. */
export function shipment(key: string, quantity = 2, country = 'DE'): Item {
  const body = orderBody();
  const event = orderPlaced(
    anOrder(key, {
      ...body,
      shippingAddress: { ...body.shippingAddress, country },
      lines: body.lines.map((line) => ({ ...line, quantity })),
    }),
  );
  return shipmentItem(placementOf(event.data), undefined);
}

export const orderIdOf = (item: Item): string => item.orderId?.S ?? '';
