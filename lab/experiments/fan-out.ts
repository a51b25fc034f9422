import { committedBy, handled, sum, told } from '../counts.ts';
import { experiment } from '../experiment.ts';

const TOPIC = 'orders';
const EMAIL = 'email-service';
const WRITTEN = { first: 12, later: 8 };

export const fanOut = experiment({
  name: 'fan-out',
  page: 'groups',
  cluster: 'one broker',
  question: 'How do several services each get every record?',
  guess: {
    ask: `Two groups read a topic with ${WRITTEN.first + WRITTEN.later} records. How many of them does the second one get?`,
    answer: 'handled by the shipping service',
  },
  settings: {
    group: {
      default: 'shipping-service',
      says: `the shipping service's group; ${EMAIL} is that of the email service`,
    },
    begin: {
      default: 'beginning',
      says: 'where a group begins that has committed nothing',
      among: ['beginning', 'end'],
    },
  },
  async run(lab, { group, begin }) {
    await lab.topic(TOPIC);
    const join = (name: string, member: { readonly group: string; readonly begin: string }) =>
      lab.client('consume', {
        topic: TOPIC,
        group: member.group,
        name,
        slow: 20,
        ...(member.begin === 'beginning' && { 'from-beginning': true }),
      });
    const write = (count: number, from: number) =>
      lab.client('produce', { topic: TOPIC, count, from, keys: 10 }).ended();
    const handledBy = (member: string) => handled(lab.events, { member }).length;

    lab.step(`${WRITTEN.first} records are written, and the email service handles them`);
    await write(WRITTEN.first, 1);
    const email = join('email', { group: EMAIL, begin: 'beginning' });
    await lab.until('the email service has handled them', () => handledBy('email') === WRITTEN.first);
    await lab.until(
      'it has committed them',
      () => sum(Object.values(latest(told(lab.events, 'committed')))) === WRITTEN.first,
    );
    const offsets = async (of: string) => sum((await committedBy(lab, of, TOPIC)).values());
    const [emailAt, shippingAt] = [await offsets(EMAIL), await offsets(group)];

    lab.step(`the shipping service begins, in the group ${group}`);
    const shipping = join('shipping', { group, begin });
    await lab.eventually(() => handledBy('shipping') >= WRITTEN.first);
    lab.step(`${WRITTEN.later} more are written`);
    await write(WRITTEN.later, WRITTEN.first + 1);
    const written = WRITTEN.first + WRITTEN.later;
    await lab.eventually(() => handledBy('email') >= written && handledBy('shipping') >= written);
    await Promise.all([email.stop(), shipping.stop()]);
    return {
      records: written,
      'committed by the email service, half-way': emailAt,
      'committed by the shipping service, half-way': shippingAt,
      'handled by the email service': handledBy('email'),
      'handled by the shipping service': handledBy('shipping'),
    };
  },
  checks: [
    {
      says: 'the email service handles every record once',
      holds: (seen) => seen['handled by the email service'] === seen.records,
    },
    {
      says: 'so does the shipping service',
      holds: (seen) => seen['handled by the shipping service'] === seen.records,
    },
    {
      says: 'each has offsets of its own: where one is, the other is not yet',
      holds: (seen) =>
        seen['committed by the email service, half-way'] === WRITTEN.first &&
        seen['committed by the shipping service, half-way'] === 0,
    },
  ],
  takeAway: 'Each group gets every record; inside a group each record goes to one member.',
  why: 'A group is an offset for each partition, and nothing else: the broker keeps the records once, however many groups read them. Reading takes nothing away, so nobody has to make a queue for each subscriber, and a service that nobody has thought of yet can read what was written before it was there. With the same group id two services would share the records, and each miss half.',
  inProduction: [
    {
      path: 'lib/orders-stack.ts',
      says: 'email-service and shipping-service read the same topic, each in a group with its own name',
    },
  ],
});

/** The newest offset of each partition. */
const latest = (commits: readonly { readonly partition: number; readonly offset: number }[]) =>
  Object.fromEntries(commits.map(({ partition, offset }) => [partition, offset]));
