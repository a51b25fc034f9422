import type { LogEvent } from '../../local/events/event.ts';
import { recordsOn, type TopicRecord } from '../cluster/records.ts';
import { handled, lagOf, told } from '../counts.ts';
import { experiment } from '../experiment.ts';

const GROUP = 'shipping-service';
const LETTERS = 'orders.dead-letters';
const ORDERS = 20;
const MALFORMED = 'ordr 10';

export const poison = experiment({
  name: 'poison',
  page: 'trouble',
  cluster: 'one broker',
  question: 'What does one record that can never be handled do to those behind it?',
  guess: {
    ask: 'A record in the middle of a partition is malformed, and its consumer throws. How many of those behind it are handled while it is tried 6 times?',
    answer: 'handled behind it',
  },
  settings: {
    attempts: { default: 3, says: 'after how many a record is set aside; 1000 is never, here' },
    mend: {
      default: 'ordr=order',
      says: 'what is wrong in the value, and what it should be; = mends nothing',
    },
  },
  async run(lab, { attempts, mend }) {
    await lab.topic('orders');
    await lab.topic(LETTERS, { partitions: 1 });
    lab.step(`${ORDERS} orders are written; the tenth is malformed`);
    await lab.client('produce', { topic: 'orders', count: 9 }).ended();
    const mistake = lab.client('write-one', { topic: 'orders', key: 'key-10', value: MALFORMED });
    await mistake.ended();
    await lab.client('produce', { topic: 'orders', count: ORDERS - 10, from: 11 }).ended();
    const [malformed] = told(mistake.events, 'appended');
    const isBehind = ({ partition, offset }: Place) =>
      partition === malformed?.partition && offset > malformed.offset;
    const isElsewhere = ({ partition }: Place) => partition !== malformed?.partition;
    const written = told(lab.events, 'appended');

    lab.step('shipping-service handles them; what it cannot handle, it tries again');
    const trying = lab.client('handle', { group: GROUP, name: 'A' });
    const waitingElsewhere = () =>
      written.filter(isElsewhere).length - handled(trying.events).filter(isElsewhere).length;
    await lab.until(
      'six attempts, and the other partitions done',
      async () =>
        (deliveries(trying.events) >= 6 && waitingElsewhere() === 0) ||
        (await lagOf(lab, GROUP, 'orders')) === 0,
    );
    const alone = {
      'attempts without dead letters': deliveries(trying.events),
      'lying behind it': written.filter(isBehind).length,
      'handled behind it': handled(trying.events).filter(isBehind).length,
      'waiting in other partitions': waitingElsewhere(),
    };
    await trying.stop();

    lab.step(`shipping-service again, which now sets aside what has failed ${attempts} times`);
    const options = { group: GROUP, name: 'B', attempts, 'dead-letters': LETTERS };
    const settingAside = lab.client('handle', options);
    await lab.until(
      'all handled or set aside',
      async () => (await lagOf(lab, GROUP, 'orders')) === 0 || deliveries(settingAside.events) >= 10,
    );
    const lag = await lagOf(lab, GROUP, 'orders');
    const letters = await recordsOn(lab, LETTERS);

    lab.step('somebody reads the dead letter, mends it and writes it to the topic again');
    lab.client('replay', { 'dead-letters': LETTERS, mend });
    const done = () => handled(lab.events, { group: GROUP }).map(({ text }) => text);
    const lettersTold = () => told(lab.events, 'appended').filter(({ topic }) => topic === LETTERS).length;
    if (letters.length > 0) {
      await lab.until(
        'what was replayed is handled, or set aside again',
        () => new Set(done()).size === ORDERS || lettersTold() > letters.length,
      );
    }
    const order = done();
    return {
      ...alone,
      'attempts with dead letters': deliveries(settingAside.events),
      'waiting then': lag,
      'dead letters': letters.length,
      'what the letter says': letters.map(saidBy).join('; '),
      'orders handled after the replay': new Set(order).size,
      'later orders of its key handled before it':
        order.indexOf('order 20') < order.indexOf('order 10') ? 1 : 0,
    };
  },
  checks: [
    { says: 'it is tried again and again', holds: (seen) => seen['attempts without dead letters'] >= 6 },
    {
      says: 'those behind it wait',
      holds: (seen) => seen['lying behind it'] > 0 && seen['handled behind it'] === 0,
    },
    {
      says: 'the other partitions go on',
      guard: true,
      holds: (seen) => seen['waiting in other partitions'] === 0,
    },
    { says: 'set aside, it holds up nobody', holds: (seen) => seen['waiting then'] === 0 },
    {
      says: 'its letter says where it lay, who gave it up and why',
      holds: (seen) =>
        /^ordr 10: orders-\d@\d+, shipping-service, Error: no order/.test(seen['what the letter says']),
    },
    {
      says: 'mended and replayed, it is handled as the others are',
      holds: (seen) => seen['orders handled after the replay'] === ORDERS,
    },
  ],
  takeAway:
    'A record that can never be handled stops its partition for ever, unless somebody gives it up: after some attempts it is set aside with its origin, and replayed when its cause is mended.',
  why: 'A queue hands out the next message whatever became of this one. A group has one number a partition: it can pass over a record, or wait for it. Setting it aside means to write it down elsewhere first, and then to commit. Its order is given up with it: later records of its key are handled before it. And a replay onto the topic comes to every group, which is one more reason for idempotency keys.',
  inProduction: [
    {
      path: 'functions/dead-letters/store.ts',
      says: 'what a consumer gives up, or Lambda for it, is a row with its bytes, its origin and its history',
    },
    {
      path: 'cli/dead-letters/replay.ts',
      says: 'a letter is replayed to the one consumer that gave it up, not to all groups of the topic',
    },
    {
      path: 'functions/kafka/patience.ts',
      says: 'how many attempts there are, so that an hour of outage gives up nothing',
    },
  ],
});

interface Place {
  readonly partition: number;
  readonly offset: number;
}

const deliveries = (events: readonly LogEvent[]) =>
  told(events, 'fate').filter(({ fate, text }) => fate === 'delivered' && text === MALFORMED).length;

const saidBy = ({ text, headers: { origin, group, error } }: TopicRecord) =>
  `${text}: ${origin}, ${group}, ${error}`;
