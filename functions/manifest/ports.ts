import type { OrderId } from '../orders/ids.ts';
import type { Carrier } from '../shipping/carrier.ts';
import type { ManifestId } from './manifest-id.ts';
import type { ManifestRow } from './manifest-row.ts';

/** The shipments, as far as manifests need them. */
export interface ManifestShipments {
  /**
   * The shipments that wait for a carrier's manifest, of orders from before a time (ISO 8601 in UTC). May be out of date:
   * neither is who is missing lost, nor is who is in it still waiting.
   */
  readonly awaiting: (carrier: Carrier, before: string) => Promise<readonly OrderId[]>;
  /**
   * Puts each shipment on the manifest, for good, unless it is cancelled or on another one. When it resolves, every one of
   * them is decided. Doing it again changes nothing.
   */
  readonly assign: (manifestId: ManifestId, orderIds: readonly OrderId[]) => Promise<void>;
  /** Those of the shipments that are on the manifest, in any order; read consistently. */
  readonly onManifest: (
    manifestId: ManifestId,
    orderIds: readonly OrderId[],
  ) => Promise<readonly ManifestRow[]>;
}

/** Drafts and manifests, a file each. */
export interface ManifestFiles {
  readonly list: () => Promise<{
    readonly drafts: ReadonlySet<ManifestId>;
    readonly manifests: ReadonlySet<ManifestId>;
  }>;
  /** Keeps a draft, unless there is one: the first stands. */
  readonly createDraft: (manifestId: ManifestId, orderIds: readonly OrderId[]) => Promise<void>;
  /** The draft that stands. */
  readonly readDraft: (manifestId: ManifestId) => Promise<readonly OrderId[]>;
  readonly writeManifest: (manifestId: ManifestId, csv: string) => Promise<void>;
}
