import kafkajs from 'kafkajs';
import { handled, lagOf } from '../counts.ts';
import { experiment } from '../experiment.ts';
import type { Lab } from '../lab.ts';

const TOPIC = 'orders';
const OLD = 5;
const NEW = 5;
const RESETS = ['earliest', 'latest'];

export const lagAndRetention = experiment({
  name: 'lag-and-retention',
  page: 'trouble',
  cluster: 'one broker',
  question: 'What becomes of records that nobody reads in time?',
  guess: {
    ask: `While email-service is dark, ${OLD} records grow older than the retention, and then ${NEW} more are written. How many of these ${OLD + NEW} does it handle when it is back?`,
    answer: 'handled by email-service',
  },
  settings: {
    'retention.ms': { default: 1000, says: 'how old a record may become; -1 is for ever' },
    'email-service': {
      default: 'earliest',
      among: RESETS,
      says: 'where it begins if its offset is gone; or latest',
    },
    'shipping-service': {
      default: 'latest',
      among: RESETS,
      says: 'where it begins if its offset is gone; or earliest',
    },
  },
  async run(lab, settings) {
    const groups = ['email-service', 'shipping-service'] as const;
    await lab.topic(TOPIC, { partitions: 1, config: { 'retention.ms': '-1' } });
    lab.step('email-service and shipping-service read an order, commit, and go dark');
    await lab.client('produce', { topic: TOPIC, count: 1 }).ended();
    for (const group of groups) {
      const member = lab.client('consume', { topic: TOPIC, group, 'from-beginning': true });
      await lab.until(`an order read by ${group}`, async () => (await lagOf(lab, group, TOPIC)) === 0);
      await member.stop();
    }

    lab.step(`${OLD} orders are written, and are to be kept for ${settings['retention.ms']} ms`);
    await lab.client('produce', { topic: TOPIC, count: OLD, from: 2 }).ended();
    await keepFor(lab, settings['retention.ms']);
    if (settings['retention.ms'] >= 0) {
      await lab.until('the old orders gone', async () => (await recordsThere(lab)) === 0);
      lab.tell({ type: 'log-start', topic: TOPIC, partition: 0, offset: OLD + 1 });
    }
    lab.step(`${NEW} more are written, and are to be kept for ever`);
    await keepFor(lab, -1);
    await lab.client('produce', { topic: TOPIC, count: NEW, from: OLD + 2 }).ended();
    const lag = await lagOf(lab, 'email-service', TOPIC);
    const there = await recordsThere(lab);

    lab.step('both are back');
    for (const group of groups) {
      const options = { topic: TOPIC, group, name: 'B' };
      const fromBeginning = { ...options, 'from-beginning': true as const };
      const member = lab.client('consume', settings[group] === 'earliest' ? fromBeginning : options);
      // Who begins at the latest shows that it has begun by one that comes later.
      await lab.until(`an order read by ${group}`, async () => {
        if (handled(member.events).length > 0) return true;
        await lab.client('write-one', { topic: TOPIC, key: 'key-1', value: 'a later order' }).ended();
        return false;
      });
      await lab.until(`all read by ${group}`, async () => (await lagOf(lab, group, TOPIC)) === 0);
    }
    const missed = (group: string) =>
      handled(lab.events, { group }).filter(({ offset }) => offset > 0 && offset <= OLD + NEW).length;
    return {
      'the lag of email-service': lag,
      'orders that are there': there,
      'handled by email-service': missed('email-service'),
      'handled by shipping-service': missed('shipping-service'),
    };
  },
  checks: [
    {
      says: 'the lag counts what is gone',
      holds: (seen) =>
        seen['the lag of email-service'] === OLD + NEW && seen['orders that are there'] === NEW,
    },
    {
      says: 'email-service, which begins at the earliest, handles what is there; the rest is lost',
      holds: (seen) => seen['handled by email-service'] === NEW,
    },
    {
      says: 'shipping-service, which begins at the latest, loses that as well',
      holds: (seen) => seen['handled by shipping-service'] === 0,
    },
  ],
  takeAway:
    'What is not read within the retention is gone, without an error: a group whose offset is gone begins at the earliest record there is, or at the latest, and loses what lies before.',
  why: 'A queue keeps a message until it is deleted, or for its own retention. A log deletes by age and size, and asks nobody. An offset that is gone is no error to kafkajs: it begins where `fromBeginning` says, which Java calls `auto.offset.reset`. The lag is the end minus the offset, and knows nothing of what was deleted between: the alarm has to come long before the retention is over.',
  inProduction: [
    { path: 'lib/streaming-stack.ts', says: '`orders` is kept for 7 days, longer than a long weekend' },
    { path: 'lib/alarms.ts', says: 'alarms on how far, and how long, a consumer lags behind' },
  ],
});

async function recordsThere(lab: Lab): Promise<number> {
  const [only] = await lab.ask((admin) => admin.fetchTopicOffsets(TOPIC));
  return Number(only?.high) - Number(only?.low);
}

function keepFor(lab: Lab, ms: number): Promise<void> {
  const configEntries = [{ name: 'retention.ms', value: String(ms) }];
  const resource = { type: kafkajs.ConfigResourceTypes.TOPIC, name: TOPIC, configEntries };
  return lab.ask(async (admin) => {
    await admin.alterConfigs({ validateOnly: false, resources: [resource] });
  });
}
