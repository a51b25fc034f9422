import { recordsOn, sideBySide } from '../cluster/records.ts';
import { experiment } from '../experiment.ts';
import { openConnect } from '../postgres/connect.ts';
import { openShop, outboxTable } from '../postgres/shop.ts';

/** A slot is made with its table, or by Debezium when it starts. */
const WHEN = ['early', 'late'] as const;

export const outboxDebezium = experiment({
  name: 'outbox-debezium',
  page: 'outbox',
  cluster: 'one broker',
  question: 'What if nobody polls the outbox, but reads the log of the database?',
  guess: {
    ask: 'Debezium is killed in the middle, and started again. How many events are lost?',
    answer: 'orders without an event',
  },
  settings: {
    before: { default: 20, says: 'orders that are written before Debezium is started for the first time' },
    orders: { default: 200, says: 'orders that are written while it runs, is killed and started again' },
    signal: {
      default: 'SIGKILL',
      says: 'what ends it: SIGTERM lets it note how far it has come',
      among: ['SIGKILL', 'SIGTERM'],
    },
    'flush-ms': {
      default: 60_000,
      says: "how often Connect notes how far it has come, in milliseconds; 60000 is Kafka's own, try 100",
    },
    slot: {
      default: 'early',
      says: "when the slot of the outbox is made: early, with its table, or late, at Debezium's start",
      among: WHEN,
    },
    'second-slot': { default: 'late', says: 'the same, of a second outbox', among: WHEN },
  },
  async run(lab, { before, orders, signal, 'flush-ms': flushMs, slot, 'second-slot': secondSlot }) {
    const shop = await openShop(lab, 'outbox_debezium');
    const connect = await lab.use(openConnect);
    const outboxes = [
      { table: 'outbox', topic: 'orders', made: slot },
      { table: 'late_outbox', topic: 'orders.late', made: secondSlot },
    ];
    const slots = outboxes.map(({ table }) => `lab_${table}`);
    await shop.query(outboxTable('late_outbox'));
    for (const { table, topic, made } of outboxes) {
      await lab.topic(topic);
      await shop.query(`CREATE PUBLICATION lab_${table} FOR TABLE ${table} WITH (publish = 'insert')`);
      if (made === 'early')
        await shop.query("SELECT pg_create_logical_replication_slot($1, 'pgoutput')", [`lab_${table}`]);
    }
    const write = (table: string, options: Record<string, number>) =>
      lab.client('outbox-write', { table, 'log-only': true, ...options }, shop.env).ended();
    const worker = await connect.worker(
      lab.brokers,
      outboxes.map(({ table, topic }) => ({
        ...{ table, topic, database: shop, publication: `lab_${table}`, slot: `lab_${table}` },
      })),
      flushMs,
    );
    const reader = lab.client('consume', {
      topic: 'orders',
      group: 'shipping-service',
      'from-beginning': true,
    });
    const lateReader = lab.client('consume', { topic: 'orders.late', group: 'late', 'from-beginning': true });
    const arrived = ({ events }: typeof reader, from: number, to: number) => {
      const keys = new Set(events.map((event) => event.type === 'fate' && event.key));
      for (let n = from; n <= to; n++) if (!keys.has(`order-${n}`)) return false;
      return true;
    };

    try {
      lab.step(`${before} orders are written to each of two outboxes; Debezium isn't there yet`);
      await write('outbox', { count: before });
      await write('late_outbox', { from: 1_001, count: 1_000 + before });

      lab.step('Debezium is started: Kafka Connect, with a connector for each outbox');
      await worker.start();
      await lab.until('both slots in use', async () => {
        const active = await shop.query('SELECT 1 FROM pg_replication_slots WHERE active AND database = $1', [
          shop.name,
        ]);
        return active.length === slots.length;
      });
      await write('late_outbox', { from: 1_001 + before, count: 1_010 + before });
      await lab.until(
        'what was written to the late outbox since',
        () => arrived(lateReader, 1_001 + before, 1_010 + before),
        60_000,
      );

      const last = before + orders;
      lab.step(
        `${orders} orders are written, and one that is rolled back; after half of them it gets ${signal}`,
      );
      await write('outbox', { from: last + 1, count: last + 1, 'roll-back-at': last + 1 });
      const half = before + Math.ceil(orders / 2);
      await write('outbox', { from: before + 1, count: half });
      await lab.until('half of the orders', () => arrived(reader, before + 1, half), 60_000);
      await worker.end(signal === 'SIGTERM' ? 'SIGTERM' : 'SIGKILL');
      await write('outbox', { from: half + 1, count: last });
      const [held] = await shop.query(
        'SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn) AS bytes FROM pg_replication_slots WHERE slot_name = $1',
        ['lab_outbox'],
      );

      lab.step('it is started again');
      await worker.start();
      await lab.until('the other half', () => arrived(reader, half + 1, last), 60_000);
      lab.step('it is stopped politely');
      await worker.end('SIGTERM');

      lab.step('counted');
      const saved = await shop.orders();
      const isLate = (order: string) => Number(order.replace('order-', '')) > 1_000;
      const records = await recordsOn(lab, 'orders');
      const found = sideBySide(
        saved.filter((order) => !isLate(order)),
        records,
      );
      const late = sideBySide(saved.filter(isLate), await recordsOn(lab, 'orders.late'));
      return {
        'orders saved': saved.filter((order) => !isLate(order)).length,
        'orders without an event': found.ordersWithoutEvent,
        'events of the order that was rolled back': records.filter(({ key }) => key === `order-${last + 1}`)
          .length,
        'records on the topic': found.records,
        'records that are copies': found.copies,
        'copies with another event id': found.copiesWithAnotherId,
        'lost by a slot made late': late.ordersWithoutEvent,
        'kB of log kept for it while it was dead': Math.ceil(Number(held?.bytes) / 1_000),
      };
    } finally {
      await worker.end('SIGKILL');
      // A slot that nobody reads holds the log of the database back for ever.
      await lab.until('the slots are free', () =>
        shop
          .query('SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = $1', [
            shop.name,
          ])
          .then(
            () => true,
            () => false,
          ),
      );
    }
  },
  checks: [
    { says: 'each order has its event', holds: (seen) => seen['orders without an event'] === 0 },
    {
      says: 'an order that was rolled back has none',
      holds: (seen) => seen['events of the order that was rolled back'] === 0,
    },
    {
      says: 'what was published since it noted last is published again',
      holds: (seen) => seen['records that are copies'] > 0,
    },
    {
      says: 'a copy has the event id of the first record',
      holds: (seen) => seen['copies with another event id'] === 0,
    },
    {
      says: 'a slot that is made late loses all that was written before, and says nothing',
      holds: (seen, { before }) => seen['lost by a slot made late'] === before,
    },
  ],
  takeAway:
    "A reader of the database's log publishes each event at least once, without asking for it, from the moment that its slot is there.",
  why:
    'Postgres writes each commit to its log first, and keeps of the log what a slot still wants. Debezium reads it from there: no poll, no lock, in the order of commits, and nothing of what was rolled back. ' +
    'The row can be deleted in the transaction that writes it; the log has it. ' +
    'Debezium notes now and then how far it has come, and after a crash begins at its last note, so copies come with the same id. ' +
    'Before the slot is made, the log is kept for nobody: make it with the table. And a slot that nobody reads any more fills the disk.',
  inProduction: [
    {
      path: 'functions/relay/relay.ts',
      says: "is woken by the table's stream, DynamoDB's log, and reads the table: a wake-up that is lost loses nothing",
    },
    {
      path: 'lib/order-system.ts',
      says: 'the relay, its stream, and the schedule that finds rows which no wake-up has told of',
    },
  ],
});
