import { CreateTableCommand, DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { ministack } from '../cluster/ministack.ts';
import { experiment } from '../experiment.ts';
import type { Lab } from '../lab.ts';

/** Each is charged 100. */
const ORDERS = 10;

/** What a consumer has left in its table, after it has died between the work on an order and its commit, and another went on. */
interface Charged {
  /** How often a record was handed to a member. */
  readonly deliveries: number;
  /** Of all rows. */
  readonly amount: number;
  /** How many orders have the status. */
  readonly paid: number;
}

/** Lets a group charge `ORDERS` orders of a topic in a table of its own. The effect is one of lab/clients/charge.ts. */
export async function chargeWithCrash(lab: Lab, effect: string): Promise<Charged> {
  const { endpoint } = await lab.use(ministack);
  const db = new DynamoDBClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'lab', secretAccessKey: 'lab' },
  });
  const table = `charges-${crypto.randomUUID()}`;
  const key = 'id';
  await db.send(
    new CreateTableCommand({
      TableName: table,
      AttributeDefinitions: [{ AttributeName: key, AttributeType: 'S' }],
      KeySchema: [{ AttributeName: key, KeyType: 'HASH' }],
      BillingMode: 'PAY_PER_REQUEST',
    }),
  );

  const group = `billing-by-${effect}`;
  const member = { topic: 'orders', group, endpoint, table, effect };
  await lab.client('charge', { ...member, name: `A-${effect}`, 'crash-at': ORDERS / 2 }).ended();
  const next = lab.client('charge', { ...member, name: `B-${effect}` });
  await lab.until(`the last record committed by ${group}`, () =>
    next.events.some((event) => event.type === 'committed' && event.offset === ORDERS),
  );
  await next.stop();

  const { Items: rows = [] } = await db.send(new ScanCommand({ TableName: table, ConsistentRead: true }));
  db.destroy();
  return {
    deliveries: lab.events.filter(
      (event) => event.type === 'fate' && event.group === group && event.fate === 'delivered',
    ).length,
    amount: rows.reduce((sum, { amount }) => sum + Number(amount?.N ?? 0), 0),
    paid: rows.filter(({ status }) => status?.S === 'paid').length,
  };
}

/** Writes what `chargeWithCrash` reads. */
async function writeOrders(lab: Lab): Promise<void> {
  await lab.topic('orders', { partitions: 1 });
  lab.step(`${ORDERS} orders are written`);
  await lab.client('produce', { topic: 'orders', count: ORDERS }).ended();
}

export const idempotency = experiment({
  name: 'idempotency',
  page: 'once',
  cluster: 'one broker',
  question: 'Which work may be done twice?',
  guess: {
    ask: `${ORDERS} orders are charged 100 each, and one is delivered twice. What is the sum, if 100 is added for each delivery?`,
    answer: 'sum, added to',
  },
  settings: {},
  async run(lab) {
    await writeOrders(lab);
    lab.step(
      'three groups set a status, add to a sum, and add once; each dies after its work on the 5th order',
    );
    const [set, added, once] = await Promise.all([
      chargeWithCrash(lab, 'set'),
      chargeWithCrash(lab, 'add'),
      chargeWithCrash(lab, 'add-once'),
    ]);
    return {
      orders: ORDERS,
      'deliveries to each group': Math.min(set.deliveries, added.deliveries, once.deliveries),
      'orders with the status paid': set.paid,
      'sum, added to': added.amount,
      'sum, added to once for each order': once.amount,
    };
  },
  checks: [
    {
      says: 'each group got an order twice',
      guard: true,
      holds: (seen) => seen['deliveries to each group'] > ORDERS,
    },
    {
      says: 'a status that is set twice is what it was',
      holds: (seen) => seen['orders with the status paid'] === ORDERS,
    },
    {
      says: 'a sum that is added to twice is wrong',
      holds: (seen) => seen['sum, added to'] > 100 * ORDERS,
    },
    {
      says: 'with the order noted in the same transaction the sum is right',
      holds: (seen) => seen['sum, added to once for each order'] === 100 * ORDERS,
    },
  ],
  takeAway:
    'To set may be done twice, to add may not; to add and to note it, in one transaction, may be done twice again.',
  why:
    'Setting says what is to be, and is idempotent by itself. Adding depends on what was, so something has to remember what was added already. ' +
    'It has to be remembered in the same transaction: noted first, a crash between the two loses the amount, and noted last, it is added twice. ' +
    "The order's own id is what is noted. An offset would not do, since a copy of the same order has another one.",
  inProduction: [
    {
      path: 'functions/shipping/shipments.ts',
      says: 'a shipment is a row that is inserted if there is none: the row is the effect, and the note',
    },
    {
      path: 'functions/ledger/act-once.ts',
      says: 'for a mail, which no transaction can hold: claim, act, mark',
    },
  ],
});
