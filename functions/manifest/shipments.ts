import { type DynamoDBClient, paginateQuery } from '@aws-sdk/client-dynamodb';
import { IN_REAL_TIME, type Timing } from '../backoff.ts';
import { executeStatements, type Item, readItems, type Table } from '../dynamodb.ts';
import { OrderId } from '../orders/ids.ts';
import type { Carrier } from '../shipping/carrier.ts';
import { AWAITING_CARRIER, MANIFEST_ID, SHIPMENT_KEY } from '../shipping/shipments.ts';
import { type ManifestRow, manifestRowOf } from './csv.ts';
import type { ManifestId } from './files.ts';

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

/**
 * The table `Shipments` with an index on `awaitingCarrier` and `createdAt`. Only what waits has the first attribute, so the
 * index is as large as a day, however many shipments there are; a scan would read all of them for ever.
 *
 * 1,000 shipments take 1 request to find, 40 to assign and 10 to read.
 */
export function dynamoDbManifestShipments(
  client: DynamoDBClient,
  { table: name, index }: { readonly table: string; readonly index: string },
  timing: Timing = IN_REAL_TIME,
): ManifestShipments {
  const table: Table = { client, name, key: SHIPMENT_KEY, timing };
  return {
    async awaiting(carrier, before) {
      const pages = paginateQuery(
        { client },
        {
          TableName: name,
          IndexName: index,
          KeyConditionExpression: '#carrier = :carrier AND #createdAt < :before',
          ExpressionAttributeNames: { '#carrier': AWAITING_CARRIER, '#createdAt': 'createdAt' },
          ExpressionAttributeValues: { ':carrier': { S: carrier }, ':before': { S: before } },
        },
      );
      const orderIds: OrderId[] = [];
      for await (const { Items: items = [] } of pages) {
        orderIds.push(...items.map((item) => OrderId.parse(item[SHIPMENT_KEY]?.S)));
      }
      return orderIds;
    },

    async assign(manifestId, orderIds) {
      const results = await executeStatements(
        table,
        orderIds.map((orderId) => assignment(name, manifestId, orderId)),
      );
      // A condition that failed decides as well as one that held: cancelled, or on a manifest, this one included.
      for (const result of results.values()) if (result.kind === 'failed') throw result.error;
    },

    async onManifest(manifestId, orderIds) {
      const results = await readItems(
        table,
        orderIds.map((orderId) => ({ [SHIPMENT_KEY]: { S: orderId } })),
      );
      const items: Item[] = [];
      for (const result of results.values()) {
        if (result.kind === 'failed') throw result.error;
        if (result.kind === 'found' && result.item[MANIFEST_ID]?.S === manifestId) items.push(result.item);
      }
      return items.map(manifestRowOf);
    },
  };
}

function assignment(table: string, manifestId: ManifestId, orderId: OrderId) {
  return {
    key: orderId,
    text:
      `UPDATE "${table}" SET "${MANIFEST_ID}" = ? REMOVE "${AWAITING_CARRIER}" ` +
      `WHERE "${SHIPMENT_KEY}" = ? AND "status" = 'LABEL_CREATED' AND "${MANIFEST_ID}" IS MISSING`,
    parameters: [{ S: manifestId }, { S: orderId }],
  };
}
