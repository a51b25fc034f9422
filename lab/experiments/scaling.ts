import { different, handled, moreThanOnce, ownersOf, owning, told } from '../counts.ts';
import { experiment } from '../experiment.ts';

export const scaling = experiment({
  name: 'scaling',
  page: 'groups',
  cluster: 'one broker',
  question: 'How do the members of a group share the work?',
  guess: {
    ask: 'A topic has 3 partitions, and a group 4 members. How many of these have nothing to do?',
    answer: 'idle, of 4 members',
  },
  settings: {
    partitions: { default: 3, says: 'of the topic: as many members can work at once' },
    slow: { default: 40, says: 'milliseconds that the work on one record takes' },
    rate: { default: 25, says: 'records written a second' },
  },
  async run(lab, { partitions, slow, rate }) {
    const [topic, group] = ['orders', 'shipping-service'];
    await lab.topic(topic, { partitions });
    lab.step(`a producer writes ${rate} records a second, all the time`);
    const producer = lab.client('produce', { topic, count: 0, rate, keys: 30 });

    const join = (name: string) =>
      lab.client('consume', { topic, group, name, slow, 'from-beginning': true });
    const owners = () => ownersOf(lab.events);
    const ownersOfEach = () =>
      Array.from({ length: partitions }, (_, partition) =>
        [...owners().values()].filter((owned) => owned.includes(partition)),
      );
    let sharedBadly = 0;
    /** Who owns what once these and no others are members, or ought to be; they work for a while then. */
    const settled = async (members: readonly string[]) => {
      await lab.until(`${members.join(', ')} are members`, () => members.every((name) => owners().has(name)));
      await lab.eventually(() => ownersOfEach().every((those) => those.length === 1), 5_000);
      sharedBadly += ownersOfEach().filter((those) => those.length !== 1).length;
      const owned = owners();
      const workBegan = handled(lab.events).length;
      await lab.eventually(() => handled(lab.events).length >= workBegan + rate);
      return owned;
    };
    const idle = (owned: ReturnType<typeof owners>) =>
      [...owned.values()].filter(({ length }) => length === 0).length;

    lab.step('A and B join the group');
    const [a, b] = [join('A'), join('B')];
    const two = await settled(['A', 'B']);
    lab.step('C joins');
    const c = join('C');
    const three = await settled(['A', 'B', 'C']);
    lab.step('D joins');
    const d = join('D');
    const four = await settled(['A', 'B', 'C', 'D']);
    lab.step('B leaves');
    await b.stop();
    const threeAgain = await settled(['A', 'C', 'D']);

    lab.step('the producer ends, the members finish what there is');
    await producer.stop();
    const written = told(producer.events, 'appended').length;
    await lab.eventually(() => different(handled(lab.events)) >= written, 30_000);
    await Promise.all([a, c, d].map((member) => member.stop()));
    return {
      'of 2 members': owning(two),
      'of 3 members': owning(three),
      'of 4 members': owning(four),
      'after B has left': owning(threeAgain),
      'idle, of 4 members': idle(four),
      'idle, after B has left': idle(threeAgain),
      'partitions without exactly one owner': sharedBadly,
      'records written': written,
      'records handled': different(handled(lab.events)),
      'records handled twice': moreThanOnce(handled(lab.events)),
    };
  },
  checks: [
    {
      says: 'each partition belongs to one member',
      holds: (seen) => seen['partitions without exactly one owner'] === 0,
    },
    { says: 'the fourth of 4 members has nothing to do', holds: (seen) => seen['idle, of 4 members'] === 1 },
    {
      says: 'it has, when another leaves',
      holds: (seen) => seen['idle, after B has left'] < seen['idle, of 4 members'],
    },
    {
      says: 'every record is handled',
      guard: true,
      holds: (seen) => seen['records handled'] === seen['records written'],
    },
    {
      says: 'no record is handled twice while members come and go politely',
      holds: (seen) => seen['records handled twice'] === 0,
    },
  ],
  takeAway:
    'A partition belongs to one member of a group, so a group has at most as many working members as the topic has partitions.',
  why: 'The group shares out partitions, not records: so nobody has to lock a record, and order in a partition holds. Whenever a member comes or goes, the partitions are shared out anew: a rebalance. Each member finishes and commits what it has in hand before it joins again, and the next owner goes on from there.',
  inProduction: [
    {
      path: 'local/event-sources/kafka/poller.ts',
      says: 'the pollers of an event source mapping are the members of its group',
    },
    { path: 'lib/orders-stack.ts', says: 'each consumer has a group of its own on the same topic' },
  ],
});
