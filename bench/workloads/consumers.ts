/**
 * What a consumer takes to handle records once, seen from inside its process. Tables are its own, and deleted at its end.
 *
 *     warm-up new, warm-up again │ records new │ the same again │ count the effects
 *                                 <─ measured ─> <── measured ──>
 */
import { randomUUID } from 'node:crypto';
import { subscribe } from 'node:diagnostics_channel';
import {
  CreateTableCommand,
  DeleteTableCommand,
  DynamoDBClient,
  paginateScan,
} from '@aws-sdk/client-dynamodb';
import type { Context } from 'aws-lambda';
import type { SendMail } from '../../functions/email/mails.ts';
import { LEDGER_KEY } from '../../functions/ledger/ledger.ts';
import { SHIPMENT_KEY } from '../../functions/shipping/shipments.ts';
import { conditionalPut } from '../contenders/conditional-put.ts';
import { orderlyEmail, orderlySales, orderlyShipping } from '../contenders/orderly-consumers.ts';
import { inParallel, inSequence, powertoolsEmail, powertoolsShipping } from '../contenders/powertools.ts';
import { transactionEach } from '../contenders/transaction-each.ts';
import { orderBatch } from './orders.ts';

/** What a consumer works with: tables of its own, empty, in the engine that its process's environment names. */
export interface ConsumerSite {
  /** Partition key `orderId`: its items are the shipments that are counted. */
  readonly shipmentsTable: string;
  /** Partition key `eventKey`, for what the consumer notes beside the effect. */
  readonly ledgerTable: string;
  /** Keys `key` and `part`: what `orders` of its items comes to is counted. */
  readonly salesTable: string;
  /** Counts the mails, and takes no time. */
  readonly sendMail: SendMail;
  /** Folder into which Powertools was installed; only Powertools needs it. */
  readonly packageDir: string;
}

/** Handles one batch after another; throws where a record's effect was not made. */
export type Consumer = (event: unknown, context: Context) => Promise<void>;

/** A contender: makes the consumer ready, as a function does when its environment starts. */
export type ConsumerContender = (site: ConsumerSite) => Consumer;

/** Records in one event. */
export const BATCH_SIZE = 100;

/**
 * Who does which job, ours first; records that are delivered, twice, before the measurement begins, and those that are
 * measured, in whole batches. Enough for each to run some seconds: the slower ones get fewer, as their rate doesn't change
 * with more.
 */
export const CONTENDERS = {
  'shipping: orderly': { make: orderlyShipping, warmUp: 2_000, records: 10_000 },
  'shipping: Powertools in parallel': {
    make: powertoolsShipping(inParallel),
    warmUp: 1_000,
    records: 2_000,
  },
  'shipping: Powertools in sequence': {
    make: powertoolsShipping(inSequence),
    warmUp: 1_000,
    records: 2_000,
  },
  'shipping: conditional Put': { make: conditionalPut, warmUp: 1_000, records: 5_000 },
  'sales: orderly': { make: orderlySales, warmUp: 2_000, records: 10_000 },
  'sales: a transaction a record': { make: transactionEach, warmUp: 500, records: 2_000 },
  'email: orderly': { make: orderlyEmail, warmUp: 2_000, records: 10_000 },
  'email: Powertools in parallel': { make: powertoolsEmail(inParallel), warmUp: 1_000, records: 2_000 },
  'email: Powertools in sequence': { make: powertoolsEmail(inSequence), warmUp: 1_000, records: 2_000 },
} satisfies Record<string, { make: ConsumerContender; warmUp: number; records: number }>;

/** One delivery of all measured records, batch after batch. */
export type Delivery = {
  readonly recordsPerSecond: number;
  /** HTTP requests to DynamoDB, those that the SDK sent again included. */
  readonly requestsPerRecord: number;
  /** User and system time of the consumer's process, in milliseconds. */
  readonly cpuMsPerRecord: number;
};

export interface ConsumerResult {
  readonly fresh: Delivery;
  /** The same records once more: all of them duplicates. */
  readonly again: Delivery;
}

/** Everything that goes out by HTTP, whoever sends it. */
let requests = 0;
const admin = new DynamoDBClient();

/** Throws unless each record had its effect once. */
export async function measure({
  contender,
  packageDir,
}: {
  readonly contender: keyof typeof CONTENDERS;
  readonly packageDir: string;
}): Promise<ConsumerResult> {
  subscribe('http.client.request.start', () => {
    requests += 1;
  });
  const { make, warmUp, records } = CONTENDERS[contender];
  const shipmentsTable = await createTable(SHIPMENT_KEY);
  const ledgerTable = await createTable(LEDGER_KEY);
  const salesTable = await createTable('key', 'part');
  let mails = 0;
  const sendMail = async () => {
    mails += 1;
    return undefined;
  };
  const consumer = make({ shipmentsTable, ledgerTable, salesTable, sendMail, packageDir });

  const warmUpEvents = eventsOf(0, warmUp);
  const events = eventsOf(warmUp, records);
  for (const _time of ['new', 'again']) await deliver(consumer, warmUpEvents);
  const fresh = await deliver(consumer, events);
  const again = await deliver(consumer, events);

  const effects = mails + (await countItems(shipmentsTable)) + (await countedOrders(salesTable));
  if (effects !== warmUp + records) {
    throw new Error(`${warmUp + records} records, each delivered twice, had ${effects} effects`);
  }
  for (const TableName of [shipmentsTable, ledgerTable, salesTable]) {
    await admin.send(new DeleteTableCommand({ TableName }));
  }
  return { fresh, again };
}

/** Batches as JSON. */
function eventsOf(first: number, records: number): string[] {
  return Array.from({ length: records / BATCH_SIZE }, (_, n) =>
    orderBatch(first + n * BATCH_SIZE, BATCH_SIZE),
  );
}

/** One batch after the other; the clocks stand while its JSON is parsed, which in Lambda is the runtime's part. */
async function deliver(consumer: Consumer, events: readonly string[]): Promise<Delivery> {
  let [ms, cpuMicroseconds] = [0, 0];
  const requestsBefore = requests;
  for (const json of events) {
    const event: unknown = JSON.parse(json);
    const context = invocation();
    const cpuBefore = process.cpuUsage();
    const begin = performance.now();
    await consumer(event, context);
    ms += performance.now() - begin;
    const { user, system } = process.cpuUsage(cpuBefore);
    cpuMicroseconds += user + system;
  }
  const records = events.length * BATCH_SIZE;
  return {
    recordsPerSecond: (records / ms) * 1000,
    requestsPerRecord: (requests - requestsBefore) / records,
    cpuMsPerRecord: cpuMicroseconds / 1000 / records,
  };
}

/** The parts of a Lambda context that anybody looks at; the timeout is that of this project's consumers. */
function invocation(): Context {
  const deadline = Date.now() + 120_000;
  const getRemainingTimeInMillis = () => deadline - Date.now();
  return { functionName: 'consumer', awsRequestId: randomUUID(), getRemainingTimeInMillis } as Context;
}

async function createTable(...keys: readonly [hash: string, range?: string]): Promise<string> {
  const TableName = `bench-${randomUUID()}`;
  await admin.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: keys.map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
      KeySchema: keys.map((AttributeName, n) => ({ AttributeName, KeyType: n === 0 ? 'HASH' : 'RANGE' })),
    }),
  );
  return TableName;
}

async function countedOrders(TableName: string): Promise<number> {
  let count = 0;
  for await (const page of paginateScan({ client: admin }, { TableName, ConsistentRead: true })) {
    for (const { orders } of page.Items ?? []) count += Number(orders?.N ?? 0);
  }
  return count;
}

async function countItems(TableName: string): Promise<number> {
  let count = 0;
  for await (const page of paginateScan(
    { client: admin },
    { TableName, Select: 'COUNT', ConsistentRead: true },
  )) {
    count += page.Count ?? 0;
  }
  return count;
}
