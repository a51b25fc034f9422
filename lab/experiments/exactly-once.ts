import { oneBroker } from '../cluster/one-broker.ts';
import { recordsOn } from '../cluster/records.ts';
import { told } from '../counts.ts';
import { experiment } from '../experiment.ts';
import type { Lab } from '../lab.ts';
import { chargeWithCrash } from './idempotency.ts';

const COPIED = 50;
const CHARGED = 10;

export const exactlyOnce = experiment({
  name: 'exactly-once',
  page: 'once',
  cluster: 'one broker',
  question: 'Can something happen exactly once?',
  guess: {
    ask: `A copier writes ${COPIED} records to another topic, each in a transaction with its offset. It is killed after it has written one, and before it commits; another goes on. How many records does somebody find who reads read_committed?`,
    answer: 'copies, read_committed',
  },
  settings: {
    idempotent: { default: 'yes', says: 'whether the producer numbers its records', among: ['yes', 'no'] },
    transaction: {
      default: 'yes',
      says: 'whether a copy and its offset are one transaction',
      among: ['yes', 'no'],
    },
  },
  async run(lab, { idempotent, transaction }) {
    const insisted = await insistOnFrozenBroker(lab, idempotent);
    const copies = await copyWithCrash(lab, transaction);
    lab.step(
      'and where the effect is in another place: a consumer inserts a row for each order, and dies before it commits',
    );
    await lab.topic('orders', { partitions: 1 });
    await lab.client('produce', { topic: 'orders', count: CHARGED }).ended();
    const charged = await chargeWithCrash(lab, 'insert');
    return {
      'unanswered record on the log, plain producer': insisted.plain,
      'unanswered record on the log, idempotent producer': insisted.idempotent,
      'copies, read_uncommitted': copies.uncommitted,
      'copies, read_committed': copies.committed,
      orders: CHARGED,
      'deliveries of them': charged.deliveries,
      'charged in all': charged.amount,
    };
  },
  checks: [
    {
      says: 'a plain producer that gets no answer writes twice',
      holds: (seen) => seen['unanswered record on the log, plain producer'] > 1,
    },
    {
      says: 'an idempotent one writes once',
      holds: (seen) => seen['unanswered record on the log, idempotent producer'] === 1,
    },
    {
      says: 'the record of the broken transaction lies on the log: read_uncommitted finds it twice',
      guard: true,
      holds: (seen) => seen['copies, read_uncommitted'] > COPIED,
    },
    {
      says: 'read_committed finds each record once',
      holds: (seen) => seen['copies, read_committed'] === COPIED,
    },
    {
      says: 'an order is delivered twice',
      guard: true,
      holds: (seen) => seen['deliveries of them'] > CHARGED,
    },
    {
      says: 'each order is charged once, by a row that is inserted if there is none',
      holds: (seen) => seen['charged in all'] === 100 * CHARGED,
    },
  ],
  takeAway:
    'Delivery exactly once there is not; an effect exactly once there is, where the effect and the note of it are one write: in Kafka a transaction, elsewhere a conditional write.',
  why:
    'An idempotent producer gives each record a number, and the broker takes each number once; it knows nothing of a producer that is started anew. ' +
    "A transaction of Kafka holds records and offsets, both on Kafka's own topics. A crash leaves the record on the log, marked as aborted as soon as somebody with the same transactional id comes, and a reader has to ask for read_committed to be spared it. " +
    'What lies elsewhere, a row or a mail, is in no transaction of Kafka: the record comes again, and the place where the effect is has to know it.',
  inProduction: [
    {
      path: 'functions/kafka/producer.ts',
      says: 'the relay is not idempotent, and says why: copies of an event are equal, and consumers know an event by its id',
    },
    {
      path: 'functions/shipping/shipments.ts',
      says: 'a shipment is a row that is inserted if there is none',
    },
  ],
});

/** Two producers write to a broker that stands still for longer than they wait; how often does their record lie there in the end? */
async function insistOnFrozenBroker(lab: Lab, idempotent: string) {
  const broker = await lab.use(oneBroker);
  const topics = ['plain', 'numbered'] as const;
  for (const topic of topics) await lab.topic(topic, { partitions: 1 });
  lab.step(
    'a plain producer and an idempotent one write a record each; the broker stands still, and they write another one',
  );
  const plain = lab.client('insist', { topic: 'plain', idempotent: 'no' });
  const numbered = lab.client('insist', { topic: 'numbered', idempotent });
  await lab.until('a record of each', () =>
    [plain, numbered].every(({ events }) => told(events, 'appended').length > 0),
  );
  try {
    await broker.freeze();
    lab.tell({ type: 'broker', broker: 1, state: 'frozen' });
    plain.thaw();
    numbered.thaw();
    await lab.until('neither gets an answer', () =>
      [plain, numbered].every(({ events }) => told(events, 'not-acknowledged').length > 0),
    );
  } finally {
    lab.step(
      'they have waited long enough, and send it again; the broker goes on, and finds both in its socket',
    );
    broker.thaw();
    lab.tell({ type: 'broker', broker: 1, state: 'up' });
  }
  await Promise.all([plain.ended(), numbered.ended()]);
  const timesIn = async (topic: string) =>
    (await recordsOn(lab, topic)).filter(({ text }) => text === 'order 2').length;
  return { plain: await timesIn('plain'), idempotent: await timesIn('numbered') };
}

/** A copier is killed between its write and its commit, and another one goes on. */
async function copyWithCrash(lab: Lab, transaction: string) {
  await lab.topic('originals', { partitions: 1 });
  await lab.topic('copies', { partitions: 1 });
  lab.step(
    `${COPIED} records are written, and copied; the copier dies between its 20th write and its commit`,
  );
  await lab.client('produce', { topic: 'originals', count: COPIED }).ended();
  const copier = { topic: 'originals', to: 'copies', transaction };
  await lab.client('copy', { ...copier, name: 'copier-1', 'crash-at': 20 }).ended();
  lab.step('another one takes its place');
  const next = lab.client('copy', { ...copier, name: 'copier-2' });
  await lab.until('all copied', () => told(next.events, 'committed').some(({ offset }) => offset === COPIED));
  await next.stop();
  // Behind a transaction lies its marker, which is no record: a last record says that all was read.
  await lab.client('produce', { topic: 'copies', count: 1, from: COPIED + 1 }).ended();
  const copies = async (readUncommitted: boolean) =>
    (await recordsOn(lab, 'copies', { readUncommitted })).filter(({ text }) => text !== `order ${COPIED + 1}`)
      .length;
  return { uncommitted: await copies(true), committed: await copies(false) };
}
