import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Context } from 'aws-lambda';
import { thankYouMail } from '../../functions/email/mails.ts';
import { LEDGER_KEY } from '../../functions/ledger/ledger.ts';
import project from '../../package.json' with { type: 'json' };
import type { Consumer, ConsumerContender, ConsumerSite } from '../workloads/consumers.ts';
import { type PlacedOrder, placedOrders, shipmentOf } from '../workloads/orders.ts';

const SDK_VERSION = project.dependencies['@aws-sdk/client-dynamodb'];

/** What is installed to run it, nothing of it into this project; the SDK in the version that this project uses. */
export const POWERTOOLS = [
  '@aws-lambda-powertools/idempotency@2.35.0',
  `@aws-sdk/client-dynamodb@${SDK_VERSION}`,
  `@aws-sdk/lib-dynamodb@${SDK_VERSION}`,
];

type Sdk = typeof import('@aws-sdk/client-dynamodb');
type Client = InstanceType<Sdk['DynamoDBClient']>;
type Work = (eventId: string, order: PlacedOrder) => Promise<void>;

/** The parts of the package that are used here. */
interface Idempotency {
  makeIdempotent(
    work: Work,
    options: { persistenceStore: object; config: IdempotencyConfig; dataIndexArgument: number },
  ): Work;
  readonly IdempotencyConfig: new (options: { expiresAfterSeconds: number }) => IdempotencyConfig;
}
interface IdempotencyConfig {
  /** Gives the claims a lease: the invocation's remaining time. */
  registerLambdaContext(context: Context): void;
}
interface Persistence {
  readonly DynamoDBPersistenceLayer: new (options: {
    tableName: string;
    keyAttr: string;
    awsSdkV3Client: Client;
  }) => object;
}

/** How the records of a batch are gone through. */
export type Pace = (
  orders: readonly PlacedOrder[],
  work: (order: PlacedOrder) => Promise<void>,
) => Promise<void>;

/** All at once, as the batch processor of Powertools does by default. */
export const inParallel: Pace = async (orders, work) => {
  await Promise.all(orders.map(work));
};

/** One after another. */
export const inSequence: Pace = async (orders, work) => {
  for (const order of orders) await work(order);
};

/** A plain `PutItem` of the shipment, made idempotent record by record. */
export function powertoolsShipping(pace: Pace): ConsumerContender {
  return (site) =>
    powertools(site, pace, ({ PutItemCommand }, client) => async (_eventId, order) => {
      await client.send(
        new PutItemCommand({ TableName: site.shipmentsTable, Item: { ...shipmentOf(order) } }),
      );
    });
}

/** The thank-you mail, made idempotent record by record. */
export function powertoolsEmail(pace: Pace): ConsumerContender {
  return (site) =>
    powertools(site, pace, () => async (_eventId, { eventId, data }) => {
      await site.sendMail(thankYouMail(eventId, data));
    });
}

/** The rows of this project's ledger stay as long. */
const NINETY_DAYS = 90 * 86_400;

/**
 * One client for all, with a connection for each record of a batch. The event's id is an argument of its own, so that
 * the package neither searches the order for it nor hashes more than it.
 */
function powertools(
  { packageDir, ledgerTable }: ConsumerSite,
  pace: Pace,
  workWith: (sdk: Sdk, client: Client) => Work,
): Consumer {
  const load = createRequire(join(packageDir, 'package.json'));
  const sdk: Sdk = load('@aws-sdk/client-dynamodb');
  const { makeIdempotent, IdempotencyConfig }: Idempotency = load('@aws-lambda-powertools/idempotency');
  const { DynamoDBPersistenceLayer }: Persistence = load('@aws-lambda-powertools/idempotency/dynamodb');

  const client = new sdk.DynamoDBClient({
    requestHandler: { httpAgent: { keepAlive: true, maxSockets: 100 } },
  });
  // As this project's own client does without it.
  client.middlewareStack.remove('loggerMiddleware');
  const config = new IdempotencyConfig({ expiresAfterSeconds: NINETY_DAYS });
  const work = makeIdempotent(workWith(sdk, client), {
    persistenceStore: new DynamoDBPersistenceLayer({
      tableName: ledgerTable,
      keyAttr: LEDGER_KEY,
      awsSdkV3Client: client,
    }),
    config,
    dataIndexArgument: 0,
  });
  return async (event, context) => {
    config.registerLambdaContext(context);
    await pace(placedOrders(event), (order) => work(order.eventId, order));
  };
}
