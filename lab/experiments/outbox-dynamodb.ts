import { CreateTableCommand, DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import { ministack } from '../cluster/ministack.ts';
import { recordsOn, sideBySide } from '../cluster/records.ts';
import { experiment } from '../experiment.ts';

/** Orders that are written when all is well again. */
const AFTERWARDS = 5;
/** Orders that are asked for a second time. */
const REPEATED = 3;

export const outboxDynamodb = experiment({
  name: 'outbox-dynamodb',
  page: 'outbox',
  cluster: 'one broker',
  question: 'What is an outbox in DynamoDB, and who is told of its rows?',
  guess: {
    ask: 'While no relay runs, rows are written, and nobody reads the stream that tells of them. How many orders stay without an event?',
    answer: 'orders without an event',
  },
  settings: {
    orders: { default: 10, says: 'how many are tried; a few more are written at the end' },
    'crash-at': {
      default: 6,
      says: 'at which order the writer dies, before it has an answer; 0 is never',
    },
    'relay-crash-at': {
      default: 5,
      says: 'after how many events the relay dies, before it deletes the last from the outbox; fewer than the writer writes, 0 is never',
    },
    sweep: {
      default: 'at-start',
      says: 'whether a relay looks through the table, or knows what the stream tells alone',
      among: ['at-start', 'never'],
    },
  },
  async run(lab, { orders, sweep, 'crash-at': crashAt, 'relay-crash-at': relayCrashAt }) {
    const { endpoint } = await lab.use(ministack);
    const db = new DynamoDBClient({
      endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'lab', secretAccessKey: 'lab' },
    });
    const run = crypto.randomUUID();
    const tables = { orders: `orders-${run}`, outbox: `outbox-${run}` };
    for (const TableName of Object.values(tables)) {
      await db.send(
        new CreateTableCommand({
          TableName,
          AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
          KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
          BillingMode: 'PAY_PER_REQUEST',
          ...(TableName === tables.outbox && {
            StreamSpecification: { StreamEnabled: true, StreamViewType: 'KEYS_ONLY' },
          }),
        }),
      );
    }
    const rowsOf = async (TableName: string) => {
      const ids: string[] = [];
      for await (const { Items = [] } of paginateScan({ client: db }, { TableName, ConsistentRead: true }))
        ids.push(...Items.map(({ id }) => id?.S ?? ''));
      return ids;
    };
    await lab.topic('orders');
    const write = (options: Record<string, number>) =>
      lab.client('dynamodb-outbox-write', { endpoint, ...tables, ...options }).ended();
    const startRelay = async (options: Record<string, number>) => {
      const relay = lab.client('dynamodb-outbox-relay', {
        ...{ topic: 'orders', endpoint, outbox: tables.outbox },
        ...(sweep === 'at-start' && { sweep: true }),
        ...options,
      });
      await lab.until('a relay that waits for wake-ups', () =>
        relay.events.some(({ type }) => type === 'step'),
      );
      return relay;
    };

    const first = await startRelay({ 'crash-at': relayCrashAt });
    lab.step(
      `${orders} orders, each with its outbox row in one transaction; the writer dies at order ${crashAt}`,
    );
    await write({ count: orders, 'crash-at': crashAt });
    if (relayCrashAt > 0) await first.ended(60_000);
    else await first.stop();
    lab.step('the relay is gone, and nobody is there for what the stream tells now');
    if (crashAt > 0) await write({ from: crashAt + 1, count: orders });
    lab.step(`whoever ordered the first ${REPEATED} asks for them again`);
    await write({ count: REPEATED });

    lab.step('another relay starts, and hears of nothing that was before');
    const second = await startRelay({});
    const last = orders + AFTERWARDS;
    await write({ from: orders + 1, count: last });
    await lab.until('the last order on the topic', () =>
      second.events.some((event) => event.type === 'appended' && event.key === `order-${last}`),
    );
    await second.stop();

    const saved = await rowsOf(tables.orders);
    const left = await rowsOf(tables.outbox);
    db.destroy();
    const found = sideBySide(saved, await recordsOn(lab, 'orders'));
    return {
      'orders saved': saved.length,
      'orders without an event': found.ordersWithoutEvent,
      'events without an order': found.eventsWithoutOrder,
      'records on the topic': found.records,
      'records that are copies': found.copies,
      'copies with another event id': found.copiesWithAnotherId,
      'rows left in the outbox': left.length,
    };
  },
  checks: [
    {
      says: 'each order has its event, also those that no wake-up told of',
      holds: (seen) => seen['orders without an event'] === 0,
    },
    { says: 'each event has its order', holds: (seen) => seen['events without an order'] === 0 },
    {
      says: 'what was published and not yet deleted is published again',
      holds: (seen) => seen['records that are copies'] > 0,
    },
    {
      says: 'an order that is asked for twice has one event: each copy has the id of the first record',
      holds: (seen) => seen['copies with another event id'] === 0,
    },
  ],
  takeAway:
    'In DynamoDB the outbox is a table whose stream wakes the relay; what the stream failed to tell, the relay finds by looking.',
  why:
    'A transaction of DynamoDB is one request: who dies in the middle has written both rows or neither, and a condition makes it safe to ask again. ' +
    "The table's stream is its log, as Postgres has one, but it forgets after a day and tells nobody who wasn't there. " +
    'A row stays until it is published. So nothing hangs on the stream but the time it takes: that is the difference to a slot that was made late.',
  inProduction: [
    {
      path: 'functions/outbox/order-store.ts',
      says: 'the order, on condition that it is as it was decided on, and its outbox rows, in one transaction',
    },
    {
      path: 'functions/relay/relay.ts',
      says: 'woken by the stream it publishes and deletes; on a schedule it looks for rows that have been there too long',
    },
  ],
});
