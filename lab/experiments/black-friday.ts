import { handled, lagOf, told } from '../counts.ts';
import { experiment } from '../experiment.ts';

const [TOPIC, GROUP] = ['orders', 'shipping-service'];
/** So many records behind is falling behind. */
const BEHIND = 16;
/** So many are enough to tell how two share them. */
const SHARED = 24;

export const blackFriday = experiment({
  name: 'black-friday',
  page: 'groups',
  cluster: 'one broker',
  question: 'What does a second instance do for one that falls behind?',
  guess: {
    ask: 'One instance falls behind, and a second joins its group. What share of the records does the second take, in percent?',
    answer: 'share of B, in percent',
  },
  settings: {
    rush: { default: 150, says: 'how many orders come in, in percent of what one instance can handle' },
    partitions: { default: 4, says: 'of the topic; with 1 there is nothing to share' },
    keys: { default: 40, says: 'how many different keys records have; with 1 all lie in one partition' },
    slow: { default: 90, says: 'milliseconds that the work on one record takes' },
  },
  async run(lab, { rush, partitions, keys, slow }) {
    await lab.topic(TOPIC, { partitions });
    const join = (name: string) =>
      lab.client('consume', { topic: TOPIC, group: GROUP, name, slow, 'from-beginning': true });
    const done = (member: string) => handled(lab.events, { member });
    /** By what clients told, which is enough to wait by; what is shown the broker is asked. */
    const behind = () => told(lab.events, 'appended').length - handled(lab.events).length;

    const calm = 12;
    lab.step(`A handles ${calm} orders: so fast is one instance`);
    await lab.client('produce', { topic: TOPIC, count: calm, keys }).ended();
    const a = join('A');
    await lab.until('A has handled them', () => done('A').length === calm);
    const perSecond = speedOf(done('A').map(({ at }) => at));
    const lagBefore = await lagOf(lab, GROUP, TOPIC);

    const rate = Math.max(1, Math.round((perSecond * rush) / 10) / 10);
    lab.step(`Black Friday: ${rate} orders a second, and A handles ${Math.round(perSecond * 10) / 10}`);
    const producer = lab.client('produce', { topic: TOPIC, count: 0, rate, keys, from: calm + 1 });
    await lab.eventually(() => behind() >= BEHIND, 15_000);
    const lagOfOne = await lagOf(lab, GROUP, TOPIC);

    lab.step(`A is ${lagOfOne} records behind; B joins the group`);
    const b = join('B');
    await lab.until('B is a member', () => told(b.events, 'assigned').length > 0);
    await lab.eventually(() => done('B').length > 0, 5_000);
    const most = Math.max(behind(), BEHIND);
    const from = lab.events.length;
    const since = (member?: string) =>
      handled(lab.events.slice(from), member === undefined ? {} : { member }).length;
    await lab.eventually(() => since() >= SHARED && behind() <= most / 2, 20_000);
    const lagOfTwo = await lagOf(lab, GROUP, TOPIC);
    const share = Math.round((since('B') / since()) * 100);
    lab.step('it is over');
    await Promise.all([producer, a, b].map((client) => client.stop()));
    return {
      'lag before': lagBefore,
      'lag of A alone': lagOfOne,
      'most that they were behind': most,
      'lag of A and B': lagOfTwo,
      'share of B, in percent': share,
    };
  },
  checks: [
    { says: 'alone, A falls behind', holds: (seen) => seen['lag of A alone'] >= BEHIND / 2 },
    {
      says: 'each of two takes about half',
      holds: (seen) => Math.abs(seen['share of B, in percent'] - 50) <= 20,
    },
    {
      says: 'with two the lag falls, while orders come in as fast as before',
      holds: (seen) => seen['lag of A and B'] <= (seen['most that they were behind'] * 3) / 4,
    },
  ],
  takeAway:
    'A group that falls behind is made faster by more members, as long as there are partitions for them.',
  why: 'Orders wait on the log and nobody is turned away: what grows is the lag. A second member takes half of the partitions, and with them half of what waits. Nothing has to be configured, and the producer knows nothing of it. If all records had the same key they would lie in one partition, and the second member would have nothing to do.',
  inProduction: [
    {
      path: 'lib/alarms.ts',
      says: 'an alarm for a lag that does not shrink, and one for a lag that nobody works on',
    },
    { path: 'docs/runbooks.md', says: 'what to do then' },
  ],
});

/** Per second, of what was done at these times. */
function speedOf(times: readonly number[]): number {
  const [first = 0, last = first + 1_000] = [times.at(0), times.at(-1)];
  return ((times.length - 1) * 1_000) / (last - first);
}
