/**
 * The process of one contender and one job: it takes its task from its argument, writes its result as a line, and waits
 * to be ended. Tables are its own, and deleted at its end.
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
import { LEDGER_KEY } from '../../functions/ledger/ledger.ts';
import { SHIPMENT_KEY } from '../../functions/shipping/shipments.ts';
import { conditionalPut } from '../contenders/conditional-put.ts';
import type { Consumer, ConsumerContender } from '../contenders/consumer.ts';
import { orderlyEmail, orderlyShipping } from '../contenders/orderly-consumers.ts';
import { inParallel, inSequence, powertoolsEmail, powertoolsShipping } from '../contenders/powertools.ts';
import { givenTask, tellResult } from '../task.ts';
import type { ConsumerName, ConsumerResult, ConsumerTask, Delivery, Job } from './contract.ts';
import { lambdaContext } from './lambda-context.ts';
import { orderBatch } from './order-batches.ts';

const contenders: Readonly<Record<Job, Readonly<Partial<Record<ConsumerName, ConsumerContender>>>>> = {
  shipping: {
    orderly: orderlyShipping,
    'Powertools in parallel': powertoolsShipping(inParallel),
    'Powertools in sequence': powertoolsShipping(inSequence),
    'conditional Put': conditionalPut,
  },
  email: {
    orderly: orderlyEmail,
    'Powertools in parallel': powertoolsEmail(inParallel),
    'Powertools in sequence': powertoolsEmail(inSequence),
  },
};

/** Everything that goes out by HTTP, whoever sends it. */
let requests = 0;
subscribe('http.client.request.start', () => {
  requests += 1;
});

const admin = new DynamoDBClient();
tellResult(await measure(givenTask<ConsumerTask>()));

async function measure(task: ConsumerTask): Promise<ConsumerResult> {
  const { job, contender, batchSize, warmUp, records, packageDir } = task;
  const make = contenders[job][contender];
  if (make === undefined) throw new Error(`${contender} doesn't do ${job}`);
  const shipmentsTable = await createTable(SHIPMENT_KEY);
  const ledgerTable = await createTable(LEDGER_KEY);
  let mails = 0;
  const sendMail = async () => {
    mails += 1;
    return undefined;
  };
  const consumer = make({ shipmentsTable, ledgerTable, sendMail, packageDir });

  const warmUpEvents = eventsOf(0, warmUp, batchSize);
  const events = eventsOf(warmUp, records, batchSize);
  for (const _time of ['new', 'again']) await deliver(consumer, warmUpEvents, batchSize);
  const fresh = await deliver(consumer, events, batchSize);
  const again = await deliver(consumer, events, batchSize);

  const effects = job === 'email' ? mails : await countItems(shipmentsTable);
  if (effects !== warmUp + records) {
    throw new Error(`${warmUp + records} records, each delivered twice, had ${effects} effects`);
  }
  for (const TableName of [shipmentsTable, ledgerTable]) {
    await admin.send(new DeleteTableCommand({ TableName }));
  }
  return { fresh, again };
}

/** Batches as JSON. */
function eventsOf(first: number, records: number, batchSize: number): string[] {
  return Array.from({ length: records / batchSize }, (_, n) => orderBatch(first + n * batchSize, batchSize));
}

/** One batch after the other; the clocks stand while its JSON is parsed, which in Lambda is the runtime's part. */
async function deliver(consumer: Consumer, events: readonly string[], batchSize: number): Promise<Delivery> {
  let [ms, cpuMicroseconds] = [0, 0];
  const requestsBefore = requests;
  for (const json of events) {
    const event: unknown = JSON.parse(json);
    const context = lambdaContext();
    const cpuBefore = process.cpuUsage();
    const begin = performance.now();
    await consumer(event, context);
    ms += performance.now() - begin;
    const { user, system } = process.cpuUsage(cpuBefore);
    cpuMicroseconds += user + system;
  }
  const records = events.length * batchSize;
  return {
    recordsPerSecond: (records / ms) * 1000,
    requestsPerRecord: (requests - requestsBefore) / records,
    cpuMsPerRecord: cpuMicroseconds / 1000 / records,
  };
}

async function createTable(partitionKey: string): Promise<string> {
  const TableName = `bench-${randomUUID()}`;
  await admin.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: partitionKey, AttributeType: 'S' }],
      KeySchema: [{ AttributeName: partitionKey, KeyType: 'HASH' }],
    }),
  );
  return TableName;
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
