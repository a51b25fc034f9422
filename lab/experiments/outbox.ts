import { recordsOn, sideBySide } from '../cluster/records.ts';
import { experiment } from '../experiment.ts';
import { openShop } from '../postgres/shop.ts';

export const outbox = experiment({
  name: 'outbox',
  page: 'outbox',
  cluster: 'one broker',
  question: 'How do an order and its event become one write?',
  guess: {
    ask: 'The writer dies in the middle of an order, the publisher before it notes what it has published. How many orders have no event?',
    answer: 'orders without an event',
  },
  settings: {
    orders: { default: 10, says: 'how many are tried' },
    'crash-at': {
      default: 6,
      says: 'at which order the writer dies, between order and outbox; 0 is never',
    },
    'roll-back-at': { default: 8, says: 'which order is given up at the end of its transaction' },
    'poller-crash-at': {
      default: 5,
      says: 'after how many events the poller dies, before it deletes them from the outbox; 0 is never',
    },
    batch: { default: 3, says: 'how many events the poller publishes before it deletes them' },
  },
  async run(lab, settings) {
    const { orders, batch, 'crash-at': crashAt } = settings;
    const shop = await openShop(lab, 'outbox');
    await lab.topic('orders');

    lab.step(
      `${orders} orders, each with its outbox row in one transaction; the writer dies at order ${crashAt}`,
    );
    const write = (options: Record<string, number>) =>
      lab
        .client(
          'outbox-write',
          { count: orders, 'roll-back-at': settings['roll-back-at'], ...options },
          shop.env,
        )
        .ended();
    await write({ 'crash-at': crashAt });
    if (crashAt > 0) await write({ from: crashAt + 1 });

    lab.step('a poller publishes them, and dies before it deletes what it has published');
    const poll = (options: Record<string, number>) =>
      lab.client('outbox-poll', { topic: 'orders', batch, ...options }, shop.env);
    if (settings['poller-crash-at'] > 0)
      await poll({ 'crash-at': settings['poller-crash-at'] }).ended(60_000);

    lab.step('another poller goes on');
    const poller = poll({});
    await lab.until('an empty outbox', async () => {
      const rows = await shop.query('SELECT 1 FROM outbox LIMIT 1');
      return rows.length === 0;
    });
    await poller.stop();

    const saved = await shop.orders();
    const found = sideBySide(saved, await recordsOn(lab, 'orders'));
    return {
      'orders saved': saved.length,
      'orders without an event': found.ordersWithoutEvent,
      'events without an order': found.eventsWithoutOrder,
      'records on the topic': found.records,
      'records that are copies': found.copies,
      'copies with another event id': found.copiesWithAnotherId,
    };
  },
  checks: [
    { says: 'each order has its event', holds: (seen) => seen['orders without an event'] === 0 },
    { says: 'each event has its order', holds: (seen) => seen['events without an order'] === 0 },
    {
      says: 'what was published and not yet deleted is published again',
      holds: (seen) => seen['records that are copies'] > 0,
    },
    {
      says: 'a copy has the event id of the first record',
      holds: (seen) => seen['copies with another event id'] === 0,
    },
  ],
  takeAway:
    'An outbox makes one write of two: what was saved is published at least once, and what was not saved never.',
  why:
    'The event is a row beside the order, in the same transaction: a crash or a rollback takes both or neither. Publishing comes later, ' +
    'by somebody who can die at any moment and begin again, because the row stays until it is published. ' +
    'So a copy is possible, and carries the same id: consumers know it by that. ' +
    'Several pollers share the work by SKIP LOCKED, and then keep no order between them.',
  inProduction: [
    {
      path: 'functions/outbox/order-store.ts',
      says: 'the order and its outbox rows, in one transaction of DynamoDB',
    },
    {
      path: 'functions/relay/relay.ts',
      says: 'publishes, then deletes; a crash between the two makes copies',
    },
    {
      path: 'functions/ledger/act-once.ts',
      says: 'a consumer acts once on an event id, however often it comes',
    },
  ],
});
