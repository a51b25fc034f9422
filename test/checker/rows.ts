/** Rows, records and messages as they lie in the system, read as the checker's data: by both observers alike. */
import { z } from 'zod';
import type { ClaimRow, Content, Letter, Mail, Order, Place, Sales, Shipment, Sum } from './observation.ts';
import { contentOf } from './shipments.ts';

/** A row of DynamoDB's, by what is read of it. */
export type Row = Readonly<Record<string, Value>>;
interface Value {
  readonly S?: string | undefined;
  readonly N?: string | undefined;
  readonly B?: Uint8Array | undefined;
  readonly L?: readonly Value[] | undefined;
  readonly M?: Row | undefined;
}

export function orderOf({ orderId, status, seq, events }: Row): Order {
  return {
    orderId: orderId?.S ?? '',
    status: status?.S ?? '',
    seq: Number(seq?.N),
    events: (events?.L ?? []).map(({ M: { key, value, headers } = {} }) => ({
      key: base64(key?.S),
      value: base64(value?.B),
      headers: (headers?.L ?? []).map(({ L: [name, text] = [] }) => [name?.S ?? '', base64(text?.S)]),
    })),
  };
}

/** Of an outbox row. */
export function eventIdOf({ orderId, seq }: Row): string {
  return `${orderId?.S}.${seq?.N}`;
}

export function shipmentOf({ orderId, status, address, lines, createdAt, fingerprint }: Row): Shipment {
  const content = {
    address: plain(address?.M),
    lines: (lines?.L ?? []).map(({ M: line }) => plain(line)),
    createdAt: createdAt?.S,
  };
  return {
    orderId: orderId?.S ?? '',
    status: status?.S ?? '',
    content: fingerprint === undefined ? undefined : contentOf(content),
  };
}

function plain(row: Row | undefined): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(row ?? {}).map(([name, { S, N }]) => [name, N === undefined ? S : Number(N)]),
  );
}

/** Of the whole table of sales. */
export function salesOf(rows: readonly Row[]): Sales {
  const isCounted = ({ part }: Row) => part?.S === 'counted';
  const sums = new Map<string, Sum>();
  for (const row of rows.filter((one) => !isCounted(one))) {
    const [day, currency] = [row.key?.S ?? '', row.part?.S?.split('#')[0] ?? ''];
    const before = sums.get(`${day} ${currency}`);
    const raised = (name: Exclude<keyof Sum, 'day' | 'currency'>) =>
      (before?.[name] ?? 0) + Number(row[name]?.N ?? Number.NaN);
    sums.set(`${day} ${currency}`, {
      day,
      currency,
      orders: raised('orders'),
      items: raised('items'),
      revenue: raised('revenue'),
      cancellations: raised('cancellations'),
      cancelled: raised('cancelled'),
    });
  }
  return {
    counted: rows.filter(isCounted).map(({ key }) => eventOfClaim(key?.S ?? '')),
    sums: [...sums.values()],
  };
}

/** Of a row that has a reason: those that tell of runs have none. */
export function letterOf(row: Row): Letter {
  return {
    consumer: row.consumer?.S ?? '',
    topic: row.topic?.S ?? '',
    partition: Number(row.partition?.N),
    offset: Number(row.offset?.N),
    timestamp: Number(row.timestamp?.N),
    reason: row.reason?.S ?? '',
    status: row.status?.S ?? '',
    key: base64(row.key?.B),
    value: base64(row.value?.B),
    headers: (row.headers?.L ?? []).map(({ M: { name, value } = {} }) => [name?.S ?? '', base64(value?.B)]),
  };
}

/** Of email's ledger. */
export function claimOf({ status, owner, leaseUntil }: Row): ClaimRow {
  return { status: status?.S ?? '', owner: owner?.S, leaseUntil: Number(leaseUntil?.N) };
}

/** The event that a consumer's row is about: `<consumer group>#<event id>`. */
export function eventOfClaim(eventKey: string): string {
  return eventKey.slice(eventKey.indexOf('#') + 1);
}

/** A record as Kafka's clients have it. */
export function contentOfRecord({
  key,
  value,
  headers = {},
}: {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers?: Readonly<Record<string, Bytes | readonly Bytes[] | undefined>>;
}): Content {
  return {
    key: base64(key),
    value: base64(value),
    headers: Object.entries(headers).flatMap(([name, values]) =>
      [values].flat().map((bytes) => [name, base64(bytes)] as const),
    ),
  };
}

type Bytes = Uint8Array | string | null;

const Envelope = z.object({
  requestContext: z.object({ functionArn: z.string() }),
  payload: z.object({
    records: z.record(z.string(), z.array(z.object({ partition: z.number(), offset: z.number() }))),
  }),
});

/** The records that Lambda's message on the topic of dead letters tells of, and the name of the function that they were for. */
export function givenUpIn(message: string): {
  readonly functionName: string;
  readonly records: readonly Place[];
} {
  const { requestContext, payload } = Envelope.parse(JSON.parse(message));
  return {
    functionName: requestContext.functionArn.split(':')[6] ?? '',
    records: Object.values(payload.records).flat(),
  };
}

/** As a customer reads it. */
export function kindOfMail(subject: string): Mail['kind'] {
  return /thank you/i.test(subject) ? 'thank-you' : /cancel/i.test(subject) ? 'cancellation' : 'unknown';
}

/** An absent attribute is Kafka's null. */
function base64(bytes: Uint8Array | string | null | undefined): string | null {
  return bytes === undefined || bytes === null ? null : Buffer.from(bytes).toString('base64');
}
