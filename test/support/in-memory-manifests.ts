import type { Item } from '../../functions/dynamodb.ts';
import { manifestRowOf } from '../../functions/manifest/csv.ts';
import { draftKeyOf, fileKeyOf, manifestIdIn } from '../../functions/manifest/files.ts';
import type { ManifestFiles, ManifestShipments } from '../../functions/manifest/write-manifests.ts';
import { OrderId } from '../../functions/orders/ids.ts';

/** Shipments in a map, under the conditions that the table's requests set; `indexed` says what the index knows of them. */
export function inMemoryManifestShipments(
  items: Map<string, Item>,
  indexed: (orderId: string) => boolean = () => true,
): ManifestShipments {
  return {
    async awaiting(carrier, before) {
      return [...items.values()]
        .filter((item) => item.awaitingCarrier?.S === carrier && (item.createdAt?.S ?? '') < before)
        .map(({ orderId }) => OrderId.parse(orderId?.S))
        .filter(indexed);
    },
    async assign(manifestId, orderIds) {
      for (const orderId of orderIds) {
        const item = items.get(orderId);
        if (item?.status?.S !== 'LABEL_CREATED' || item.manifestId !== undefined) continue;
        const { awaitingCarrier: _, ...kept } = item;
        items.set(orderId, { ...kept, manifestId: { S: manifestId } });
      }
    },
    async onManifest(manifestId, orderIds) {
      return orderIds
        .map((orderId) => items.get(orderId))
        .filter((item) => item?.manifestId?.S === manifestId)
        .filter((item) => item !== undefined)
        .map(manifestRowOf);
    },
  };
}

/** Files in a map by their key in the bucket. */
export function inMemoryManifestFiles(
  objects: Pick<Map<string, string>, 'get' | 'has' | 'keys'> & { set(key: string, content: string): void },
): ManifestFiles {
  const idsUnder = (prefix: string) =>
    new Set(
      [...objects.keys()].filter((key) => key.startsWith(prefix)).flatMap((key) => manifestIdIn(key) ?? []),
    );
  return {
    list: async () => ({ drafts: idsUnder('drafts/'), manifests: idsUnder('manifests/') }),
    async createDraft(manifestId, orderIds) {
      const key = draftKeyOf(manifestId);
      if (!objects.has(key)) objects.set(key, JSON.stringify(orderIds));
    },
    readDraft: async (manifestId) =>
      OrderId.array().parse(JSON.parse(objects.get(draftKeyOf(manifestId)) ?? '')),
    async writeManifest(manifestId, csv) {
      objects.set(fileKeyOf(manifestId), csv);
    },
  };
}
