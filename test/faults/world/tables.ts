import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DynamoDBClient,
  paginateScan,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { Content, Letter, Order, Shipment } from '../checker/observation.ts';
import { contentOf } from '../checker/shipments.ts';

type Item = Readonly<Record<string, AttributeValue>>;

/** A claim to a mail, as its row has it. */
export interface Claim {
  readonly eventKey: string;
  readonly owner: string;
  readonly leaseUntil: number;
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
    outbox: async () => (await scan('OutboxTable')).map(({ orderId, seq }) => `${orderId?.S}.${seq?.N}`),
    shipments: async () => (await scan('ShipmentsTable')).map(shipmentOf),
    letters: async () => {
      const rows = await scan('DeadLettersTable');
      // Rows that tell of runs have no reason.
      return rows.filter(({ reason }) => reason !== undefined).map(letterOf);
    },
    async ledger() {
      const rows = await scan('EmailLedgerTable');
      const suppressed = rows.filter(({ status }) => status?.S === 'SUPPRESSED');
      const claims = rows.filter(
        ({ status, leaseUntil }) => status?.S === 'CLAIMED' && Number(leaseUntil?.N) > Date.now(),
      );
      return {
        suppressed: suppressed.map(({ eventKey }) => orderIdIn(eventKey?.S ?? '')),
        claims: claims.map(({ eventKey, owner, leaseUntil }) => ({
          eventKey: eventKey?.S ?? '',
          owner: owner?.S ?? '',
          leaseUntil: Number(leaseUntil?.N),
        })),
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
          ':owner': { S: owner },
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

/** `email-service#<order id>.<seq>` */
function orderIdIn(eventKey: string): string {
  return eventKey.split('#')[1]?.split('.')[0] ?? '';
}

function orderOf({ orderId, status, seq, events }: Item): Order {
  return {
    orderId: orderId?.S ?? '',
    status: status?.S ?? '',
    seq: Number(seq?.N),
    events: (events?.L ?? []).map(({ M: event = {} }) => eventOf(event)),
  };
}

function eventOf({ key, value, headers }: Item): Content {
  return {
    key: textIn64(key?.S),
    value: bytesIn64(value?.B),
    headers: (headers?.L ?? []).map(({ L: [name, text] = [] }) => [name?.S ?? '', textIn64(text?.S) ?? '']),
  };
}

function shipmentOf({ orderId, status, address, lines, createdAt, fingerprint }: Item): Shipment {
  const content =
    fingerprint === undefined
      ? undefined
      : contentOf({
          address: plain(address?.M),
          lines: (lines?.L ?? []).map(({ M: line }) => {
            const { sku, name, quantity } = plain(line);
            return { sku, name, quantity };
          }),
          createdAt: createdAt?.S,
        });
  return { orderId: orderId?.S ?? '', status: status?.S ?? '', content };
}

function plain(item: Item | undefined): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(item ?? {}).map(([name, { S, N }]) => [name, N === undefined ? S : Number(N)]),
  );
}

function letterOf(item: Item): LetterRow {
  return {
    consumer: item.consumer?.S ?? '',
    topic: item.topic?.S ?? '',
    partition: Number(item.partition?.N),
    offset: Number(item.offset?.N),
    timestamp: Number(item.timestamp?.N),
    reason: item.reason?.S ?? '',
    status: item.status?.S ?? '',
    key: bytesIn64(item.key?.B),
    value: bytesIn64(item.value?.B),
    headers: (item.headers?.L ?? []).map(({ M: header = {} }) => [
      header.name?.S ?? '',
      bytesIn64(header.value?.B) ?? '',
    ]),
    runId: item.runId?.S,
  };
}

function textIn64(text: string | undefined): string | null {
  return text === undefined ? null : Buffer.from(text).toString('base64');
}

/** An absent attribute is Kafka's null. */
function bytesIn64(bytes: Uint8Array | undefined): string | null {
  return bytes === undefined ? null : Buffer.from(bytes).toString('base64');
}
