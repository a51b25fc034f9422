import { recordsOn, sideBySide } from '../cluster/records.ts';
import { experiment } from '../experiment.ts';
import { openShop } from '../postgres/shop.ts';

export const dualWrite = experiment({
  name: 'dual-write',
  page: 'outbox',
  cluster: 'one broker',
  question:
    'An order is saved, and its event is published: what is left if the process dies between the two?',
  guess: {
    ask: 'The process saves 10 orders, each before its event, and dies once in between. How many orders have no event?',
    answer: 'saved first: orders without an event',
  },
  settings: {
    orders: { default: 10, says: 'how many' },
    'crash-at': { default: 6, says: 'at which order the process dies between its two writes; 0 is never' },
  },
  async run(lab, { orders, 'crash-at': crashAt }) {
    const shop = await openShop(lab, 'dual_write');
    const sell = async (order: 'save-first' | 'publish-first' | 'inside', says: string) => {
      const topic = `orders.${order}`;
      await lab.topic(topic);
      await shop.query('TRUNCATE orders');
      lab.step(says);
      const run = (options: Record<string, number>) =>
        lab.client('dual-write', { topic, order, count: orders, ...options }, shop.env).ended();
      await run({ 'crash-at': crashAt });
      if (crashAt > 0) await run({ from: crashAt + 1 });
      return sideBySide(await shop.orders(), await recordsOn(lab, topic));
    };

    const again = crashAt > 0 ? `it dies at order ${crashAt}, and is started again` : 'it never dies';
    const saved = await sell('save-first', `${orders} orders, each saved, then published; ${again}`);
    const published = await sell('publish-first', `${orders} orders, each published, then saved; ${again}`);
    const inside = await sell('inside', `${orders} orders, each published inside its transaction; ${again}`);
    return {
      'saved first: events': saved.records,
      'saved first: orders without an event': saved.ordersWithoutEvent,
      'published first: events': published.records,
      'published first: events without an order': published.eventsWithoutOrder,
      'inside the transaction: events': inside.records,
      'inside the transaction: events without an order': inside.eventsWithoutOrder,
    };
  },
  checks: [
    {
      says: 'saved first, an event is lost',
      holds: (seen) => seen['saved first: orders without an event'] === 1,
    },
    {
      says: 'published first, there is an event of an order that never was',
      holds: (seen) => seen['published first: events without an order'] === 1,
    },
    {
      says: 'a transaction around both makes no difference: the broker is no part of it',
      holds: (seen) => seen['inside the transaction: events without an order'] === 1,
    },
    {
      says: 'nothing else is lost',
      guard: true,
      holds: (seen, { orders }) =>
        seen['saved first: events'] + seen['saved first: orders without an event'] === orders &&
        seen['published first: events'] === orders &&
        seen['inside the transaction: events'] === orders,
    },
  ],
  takeAway:
    'Two writes to two systems are not one: whichever comes first, a crash between them leaves the other undone.',
  why:
    'The database and the broker know nothing of each other. Nobody notices: the process that knew is dead, and the order looks as all others. ' +
    'Trying again helps only while somebody is alive who remembers what to try. A queue (SQS, RabbitMQ) has the same gap.',
  inProduction: [
    {
      path: 'functions/outbox/order-store.ts',
      says: 'an order and the rows of its outbox are written in one transaction; the checkout never speaks to Kafka',
    },
  ],
});
