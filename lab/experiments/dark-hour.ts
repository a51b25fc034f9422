import { different, freezeAtWork, handled, lagOf, moreThanOnce, told } from '../counts.ts';
import { experiment } from '../experiment.ts';

const TOPIC = 'orders';
const [EMAIL, SHIPPING] = ['email-service', 'shipping-service'];

export const darkHour = experiment({
  name: 'dark-hour',
  page: 'groups',
  cluster: 'one broker',
  question: 'What becomes of the records while a service is down?',
  guess: {
    ask: 'The email service is down while the shipping service reads on. How many records are lost to the email service?',
    answer: 'lost to the email service',
  },
  settings: {
    records: { default: 40, says: 'how many are written, 12 a second' },
    end: { default: 'stops', says: 'the email service stops, or dies', among: ['stops', 'dies'] },
    commit: { default: 'after', says: 'after the work, or before it', among: ['after', 'before'] },
  },
  async run(lab, { records, end, commit }) {
    await lab.topic(TOPIC);
    const join = (group: string, name: string, slow: number) =>
      lab.client('consume', { topic: TOPIC, group, name, slow, commit, 'from-beginning': true });
    const done = (member: string) => handled(lab.events, { member });
    lab.step('orders come in; the email service and the shipping service handle them');
    const producer = lab.client('produce', { topic: TOPIC, count: records, rate: 12, keys: 12 });
    const [email, shipping] = [join(EMAIL, 'email', 150), join(SHIPPING, 'shipping', 20)];
    await lab.until('the email service is at its work', () => done('email').length >= 6);

    // In the middle of a record, as it would be.
    await freezeAtWork(lab, email, commit === 'before' ? 'before' : 'after');
    const gone = end === 'dies' ? email.kill() : email.stop();
    email.thaw();
    await gone;
    lab.step(`the email service ${end}; orders come in all the same`);
    const before = done('email');
    await producer.ended();
    const written = told(producer.events, 'appended').length;
    await lab.eventually(() => different(done('shipping')) >= written);
    const [shippedMeanwhile, behind] = [different(done('shipping')), await lagOf(lab, EMAIL, TOPIC)];

    lab.step(`the email service is back, ${behind} records behind`);
    const again = join(EMAIL, 'email', 20);
    await lab.until('it is a member again', () => told(again.events, 'assigned').length > 0);
    await lab.eventually(() => different(done('email')) >= written);
    await Promise.all([again.stop(), shipping.stop()]);
    const after = handled(again.events);
    return {
      records: written,
      'handled by the email service before': before.length,
      'handled by the shipping service meanwhile': shippedMeanwhile,
      'before the email service when it is back': behind,
      'partitions in which it goes on elsewhere': [
        ...new Set(after.map(({ partition }) => partition)),
      ].filter((partition) => endOf(before, partition) !== startOf(after, partition)).length,
      'lost to the email service': written - different(done('email')),
      'handled twice by it': moreThanOnce(done('email')),
    };
  },
  checks: [
    {
      says: 'the shipping service handles every record meanwhile',
      holds: (seen) => seen['handled by the shipping service meanwhile'] === seen.records,
    },
    {
      says: 'the email service goes on where it was, in each partition',
      holds: (seen) => seen['partitions in which it goes on elsewhere'] === 0,
    },
    { says: 'none is lost to it', holds: (seen) => seen['lost to the email service'] === 0 },
    { says: 'none is handled twice by it', holds: (seen) => seen['handled twice by it'] === 0 },
  ],
  takeAway: 'A service that was down goes on at its offset, and nobody else has noticed.',
  why: "Records stay on the log whether or not somebody is there to read them, and the broker remembers the group's offsets. What grows meanwhile is the group's lag, and nobody else's. Nothing fills up but the disk, until the retention is over: what is older than that is gone, read or not.",
  inProduction: [
    {
      path: 'lib/streaming-stack.ts',
      says: 'the topic keeps records for 7 days: so long a consumer may be down',
    },
    {
      path: 'docs/guarantees.md',
      says: 'an hour of outage makes no dead letters: what the proofs show of it',
    },
  ],
});

type Handled = readonly { readonly partition: number; readonly offset: number }[];

const offsetsIn = (handled: Handled, partition: number) =>
  handled.filter((one) => one.partition === partition).map(({ offset }) => offset);

/** The offset behind the last one that was handled in a partition; 0 where none was. */
const endOf = (handled: Handled, partition: number) => Math.max(-1, ...offsetsIn(handled, partition)) + 1;
const startOf = (handled: Handled, partition: number) => Math.min(...offsetsIn(handled, partition));
