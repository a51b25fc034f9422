import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DynamoDBClient,
  paginateScan,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { ClaimRow, Letter, Order, Sales, Shipment } from '../../checker/observation.ts';
import {
  claimOf,
  eventIdOf,
  eventOfClaim,
  letterOf,
  orderOf,
  salesOf,
  shipmentOf,
} from '../../checker/rows.ts';

type Item = Readonly<Record<string, AttributeValue>>;

/** A claim to a mail, as its row has it. */
export interface Claim extends ClaimRow {
  readonly eventKey: string;
}

/** A letter, and what the operator has to know of it. */
export interface LetterRow extends Letter {
  /** Of the replay that holds it. */
  readonly runId: string | undefined;
}

/** The tables as somebody beside the system reads them; nothing stands in between. */
export interface Tables {
  orders(): Promise<readonly Order[]>;
  /** Event ids. */
  outbox(): Promise<readonly string[]>;
  shipments(): Promise<readonly Shipment[]>;
  sales(): Promise<Sales>;
  letters(): Promise<readonly LetterRow[]>;
  /** Orders whose thank-you is suppressed, and claims that are not past. */
  ledger(): Promise<{ readonly suppressed: readonly string[]; readonly claims: readonly Claim[] }>;
  /** Lets a claim run out now, if it is still this one. */
  expire(claim: Claim): Promise<void>;
  close(): void;
}

/** @param names by the outputs of the stack: `OrdersTable` and so on */
export function openTables(
  endpoint: string,
  region: string,
  names: Readonly<Record<string, string>>,
): Tables {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = new DynamoDBClient({ endpoint, region, credentials });
  const nameOf = (output: string) => names[`orderly-orders.${output}`] ?? '';
  const scan = async (output: string): Promise<readonly Item[]> => {
    const items: Item[] = [];
    const query = { TableName: nameOf(output), ConsistentRead: true };
    for await (const page of paginateScan({ client }, query)) items.push(...(page.Items ?? []));
    return items;
  };
  return {
    orders: async () => (await scan('OrdersTable')).map(orderOf),
    outbox: async () => (await scan('OutboxTable')).map(eventIdOf),
    shipments: async () => (await scan('ShipmentsTable')).map(shipmentOf),
    sales: async () => salesOf(await scan('SalesTable')),
    letters: async () => {
      const rows = await scan('DeadLettersTable');
      // Rows that tell of runs have no reason.
      return rows
        .filter(({ reason }) => reason !== undefined)
        .map((row) => ({ ...letterOf(row), runId: row.runId?.S }));
    },
    async ledger() {
      const rows = await scan('EmailLedgerTable');
      const suppressed = rows.filter(({ status }) => status?.S === 'SUPPRESSED');
      const claims = rows.map((row) => ({ eventKey: row.eventKey?.S ?? '', ...claimOf(row) }));
      return {
        suppressed: suppressed.map(({ eventKey }) => eventOfClaim(eventKey?.S ?? '').split('.')[0] ?? ''),
        claims: claims.filter(({ status, leaseUntil }) => status === 'CLAIMED' && leaseUntil > Date.now()),
      };
    },
    async expire({ eventKey, owner, leaseUntil }) {
      const update = new UpdateItemCommand({
        TableName: nameOf('EmailLedgerTable'),
        Key: { eventKey: { S: eventKey } },
        UpdateExpression: 'SET leaseUntil = :past',
        ConditionExpression: '#status = :claimed AND #owner = :owner AND leaseUntil = :held',
        ExpressionAttributeNames: { '#status': 'status', '#owner': 'owner' },
        ExpressionAttributeValues: {
          ':past': { N: '0' },
          ':claimed': { S: 'CLAIMED' },
          ':owner': { S: owner ?? '' },
          ':held': { N: String(leaseUntil) },
        },
      });
      await client.send(update).catch((error: unknown) => {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      });
    },
    close: () => client.destroy(),
  };
}
