import type { Item } from '../../functions/dynamodb.ts';
import type { LogFields } from '../../functions/logger.ts';
import type { UtcDay } from '../../functions/manifest/files.ts';
import type {
  ManifestFiles,
  ManifestPorts,
  ManifestShipments,
} from '../../functions/manifest/write-manifests.ts';
import { OrderId } from '../../functions/orders/ids.ts';
import { placementOf } from '../../functions/shipping/shipment.ts';
import { shipmentItem } from '../../functions/shipping/shipments.ts';
import { inMemoryManifestFiles, inMemoryManifestShipments } from './in-memory-manifests.ts';
import { inMemoryShipments } from './in-memory-shipments.ts';
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

export interface ManifestWorld {
  readonly items: Map<string, Item>;
  readonly objects: Map<string, string>;
  /** Everything that was ever written under a key. */
  readonly written: Map<string, Set<string>>;
  readonly lines: { readonly message: string; readonly fields: LogFields | undefined }[];
  readonly ports: ManifestPorts;
  cancel(item: Item): Promise<void>;
}

/** Shipments and files in memory; `replace` puts other ports in place of some. */
export function manifestWorld(
  shipments: readonly Item[],
  {
    indexed,
    replace = () => ({}),
  }: {
    readonly indexed?: (orderId: string) => boolean;
    readonly replace?: (
      ports: ManifestShipments & ManifestFiles,
    ) => Partial<ManifestShipments & ManifestFiles>;
  } = {},
): ManifestWorld {
  const items = new Map(shipments.map((item) => [orderIdOf(item), item]));
  const objects = new Map<string, string>();
  const written = new Map<string, Set<string>>();
  const lines: { message: string; fields: LogFields | undefined }[] = [];
  const log = (message: string, fields?: LogFields) => {
    lines.push({ message, fields });
  };
  const recorded = {
    get: objects.get.bind(objects),
    has: objects.has.bind(objects),
    keys: objects.keys.bind(objects),
    set(key: string, content: string) {
      written.set(key, new Set([...(written.get(key) ?? []), content]));
      objects.set(key, content);
    },
  };
  const memory = { ...inMemoryManifestShipments(items, indexed), ...inMemoryManifestFiles(recorded) };
  const all = { ...memory, ...replace(memory) };
  return {
    items,
    objects,
    written,
    lines,
    ports: { shipments: all, files: all, logger: { info: log, warn: log, error: log } },
    async cancel(item) {
      const orderId = OrderId.parse(orderIdOf(item));
      await inMemoryShipments(items).cancel({ orderId, cancelledAt: '2026-03-02T00:15:00.000Z' });
    },
  };
}
