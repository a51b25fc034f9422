import { different, freezeAtWork, handled, moreThanOnce, ownersOf, placeOf, told } from '../counts.ts';
import { experiment } from '../experiment.ts';

const RECORDS = 8;

export const rebalanceTwice = experiment({
  name: 'rebalance-twice',
  page: 'groups',
  cluster: 'one broker',
  question: 'Why is a record handled twice, though nobody has failed?',
  guess: {
    ask: 'A member freezes in the middle of a record, for longer than its session, and wakes. How often is that record handled?',
    answer: 'times that the record in hand is handled',
  },
  settings: {
    frozen: {
      default: 6_000,
      says: 'milliseconds that A is frozen at most; its session is over after 3000',
    },
    commit: { default: 'after', says: 'after the work, or before it', among: ['after', 'before'] },
    end: { default: 'wakes', says: 'A wakes, or dies', among: ['wakes', 'dies'] },
  },
  async run(lab, { frozen, commit, end }) {
    const [topic, group] = ['orders', 'shipping-service'];
    const order = commit === 'before' ? 'before' : 'after';
    await lab.topic(topic, { partitions: 2 });
    const join = (name: string) =>
      lab.client('consume', { topic, group, name, commit, slow: 300, 'from-beginning': true });
    lab.step('A and B are members of one group, and have a partition each');
    const [a, b] = [join('A'), join('B')];
    await lab.until('A and B have a partition each', () =>
      ['A', 'B'].every((name) => ownersOf(lab.events).get(name)?.length === 1),
    );
    lab.step(`${RECORDS} records are written`);
    await lab.client('produce', { topic, count: RECORDS, keys: RECORDS }).ended();

    await lab.until('A is at work', () => handled(lab.events, { member: 'A' }).length > 0);
    const inHand = placeOf(await freezeAtWork(lab, a, order));
    const times = (member?: string) =>
      handled(lab.events, member === undefined ? {} : { member }).filter((one) => placeOf(one) === inHand)
        .length;
    lab.step(`A freezes while it works on ${inHand}: it says nothing to its group any more`);
    await lab.eventually(() => times('B') > 0, frozen);
    const before = a.events.length;
    const late = () =>
      told(a.events.slice(before), 'committed').filter(
        (one) => placeOf({ ...one, offset: one.offset - 1 }) === inHand,
      );
    if (end === 'dies') {
      lab.step('A dies');
      await a.kill();
    } else {
      lab.step('A wakes, and knows of nothing');
      a.thaw();
      await lab.until(`A is done with ${inHand}`, () => times('A') > 0);
      // It is a member again, or has never ceased to be one.
      await lab.eventually(() => told(a.events.slice(before), 'assigned').length + late().length > 0);
    }
    lab.step('what is left is handled');
    await lab.eventually(() => different(handled(lab.events)) === RECORDS);
    await Promise.all([a.stop(), b.stop()]);
    return {
      records: RECORDS,
      'records handled': different(handled(lab.events)),
      'times that the record in hand is handled': times(),
      'other records handled twice': moreThanOnce(
        handled(lab.events).filter((one) => placeOf(one) !== inHand),
      ),
      'late commits of A that the group takes': late().length,
    };
  },
  checks: [
    {
      says: 'the record in hand is handled again, by another',
      holds: (seen) => seen['times that the record in hand is handled'] >= 2,
    },
    { says: 'no other record is handled twice', holds: (seen) => seen['other records handled twice'] === 0 },
    { says: 'none is lost', holds: (seen) => seen['records handled'] === seen.records },
    {
      says: 'its commit comes too late, and is refused',
      holds: (seen) => seen['late commits of A that the group takes'] === 0,
    },
  ],
  takeAway:
    'Who is silent for longer than its session loses its partitions in the middle of its work, and another does that work again.',
  why: "A group can't tell a frozen member from a dead one: both say nothing. It gives the partition to another member, which begins at the committed offset, and the record in hand lies behind that. When the first one wakes it finishes its work, since nobody can stop it; only its commit is refused, since the group knows it no more. A queue does the same when a message's visibility timeout is over. To commit before the work would spare the second time, and lose the record when the member dies. So the work itself has to bear being done twice.",
  inProduction: [
    {
      path: 'functions/ledger/act-once.ts',
      says: 'who acts claims first, by a conditional write: who comes second finds the claim',
    },
    {
      path: 'docs/idempotent-effects.md',
      says: 'a consumer of your own whose effect happens once',
    },
  ],
});
