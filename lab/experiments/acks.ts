import type { Client } from '../client.ts';
import { recordsOn } from '../cluster/records.ts';
import { switchesOf } from '../cluster/three-brokers.ts';
import { told } from '../counts.ts';
import { experiment } from '../experiment.ts';
import type { Lab } from '../lab.ts';

/** Written while all is well, for what it takes, and then while two of three brokers are frozen. */
const CALM = 50;
const RECORDS = 10;

export const acks = experiment({
  name: 'acks',
  page: 'acks',
  cluster: 'three brokers',
  question: 'What is it worth that a record was acknowledged, when brokers die?',
  guess: {
    ask: `Three brokers have a topic, two of them are frozen, and ${RECORDS} records are written with acks=1. Then the one that has them dies, and one of the others wakes up. How many records are lost?`,
    answer: 'acks=1: lost',
  },
  settings: {
    'min.insync.replicas': {
      default: 2,
      says: 'of the topic that is written with acks=all; 1: all that are in sync may be one',
      among: [1, 2, 3],
    },
    'unclean.leader.election.enable': {
      default: 'true',
      says: 'whether who was not in sync may lead when nobody else is left; or false, as by default in Kafka: then nobody leads until the old leader is back',
      among: ['true', 'false'],
    },
  },
  async run(lab, settings) {
    const config = (minInSync: number) => ({
      'min.insync.replicas': String(minInSync),
      'unclean.leader.election.enable': settings['unclean.leader.election.enable'],
    });
    const onAll = { partitions: 1, replicas: [1, 2, 3], config: config(1) };
    const topics = {
      // Led by a broker that will be frozen: it takes what is sent into its socket, and no further.
      'acks-0': { ...onAll, replicas: [2, 3, 1] },
      'acks-1': onAll,
      'acks-all': { ...onAll, config: config(settings['min.insync.replicas']) },
      'acks-all-of-one': onAll,
    };
    const names = Object.keys(topics);
    const switches = await switchesOf(lab);
    const allInSync = () => switches.everywhere(names, ({ inSync }) => inSync.length === 3);
    const write = (topic: keyof typeof topics, acks: string) =>
      lab.client('produce', { topic, acks, count: CALM + RECORDS, 'pause-after': CALM, retries: 0 });
    try {
      await Promise.all(Object.entries(topics).map(([name, options]) => lab.topic(name, options)));
      await lab.until('three replicas in sync', allInSync, 60_000);
      lab.step(`all is well, and ${CALM} records are written with acks 0, 1 and all`);
      const producers = {
        none: write('acks-0', '0'),
        one: write('acks-1', '1'),
        all: write('acks-all', 'all'),
        allOfOne: write('acks-all-of-one', 'all'),
      };
      const everyone = Object.values(producers);
      await lab.until(`${CALM} records on each topic`, () => holdEach(lab, names, CALM), 60_000);

      lab.step('brokers 2 and 3 are frozen: they say nothing, and after three seconds they are out of sync');
      await switches.freeze(2, 3);
      await lab.until('broker 1 alone in sync', () =>
        switches.everywhere(names, ({ leader, inSync }) => leader === 1 && inSync.length === 1),
      );
      lab.step(`${RECORDS} more records are written to each topic`);
      for (const producer of everyone) producer.thaw();
      await lab.eventually(() => everyone.every((one) => answersTo(one).length === CALM + RECORDS));

      lab.step('1, which has them, is killed, and so is 2; 3 wakes up, and leads what it may lead');
      await switches.kill(1, 2);
      await Promise.all(everyone.map((producer) => producer.kill()));
      await switches.thaw(3);
      await lab.eventually(() => switches.everywhere(names, ({ leader }) => leader === 3), 15_000);
      lab.step('1 and 2 are started again, over what they have on their disks');
      await switches.mend();
      await lab.until('three replicas in sync again', allInSync, 60_000);

      const [none, one, all, allOfOne] = await Promise.all([
        account(lab, 'acks-0', producers.none),
        account(lab, 'acks-1', producers.one),
        account(lab, 'acks-all', producers.all),
        account(lab, 'acks-all-of-one', producers.allOfOne),
      ]);
      return {
        'acks=0: sent, no answer asked for': none.sent,
        'acks=0: lost': none.lost,
        'acks=1: acknowledged': one.acknowledged,
        'acks=1: lost': one.lost,
        'acks=all: acknowledged': all.acknowledged,
        'acks=all: refused': all.refused,
        'acks=all: lost': all.lost,
        'acks=all, min.insync.replicas=1: acknowledged': allOfOne.acknowledged,
        'acks=all, min.insync.replicas=1: lost': allOfOne.lost,
        'ms that a record took when all was well, median': `acks=0 ${none.median}, acks=1 ${one.median}, acks=all ${all.median}`,
      };
    } finally {
      await switches.mend();
    }
  },
  checks: [
    {
      says: 'acks=0: all is sent without an error, and lost',
      holds: (seen) =>
        seen['acks=0: sent, no answer asked for'] === RECORDS && seen['acks=0: lost'] === RECORDS,
    },
    {
      says: 'acks=1: all is acknowledged, and lost',
      holds: (seen) => seen['acks=1: acknowledged'] === RECORDS && seen['acks=1: lost'] === RECORDS,
    },
    {
      says: 'acks=all: what two replicas can not have is refused',
      holds: (seen) => seen['acks=all: refused'] === RECORDS,
    },
    {
      says: 'acks=all: nothing is lost that was acknowledged',
      holds: (seen) => seen['acks=all: lost'] === 0,
    },
    {
      says: 'acks=all with min.insync.replicas=1: all is acknowledged, and lost',
      holds: (seen) =>
        seen['acks=all, min.insync.replicas=1: acknowledged'] === RECORDS &&
        seen['acks=all, min.insync.replicas=1: lost'] === RECORDS,
    },
  ],
  takeAway:
    'An acknowledgement is worth as many disks as have the record: acks=all with min.insync.replicas=2 promises two, and refuses where it can not.',
  why:
    'With acks=0 nobody is asked, with acks=1 the leader alone. acks=all asks all that are in sync, and who says nothing for long is not: ' +
    'with two of three out, all is one. `min.insync.replicas` says how few may be all. ' +
    'A record that only the leader has is gone with it: who leads next has a shorter log, and when the old leader is back it cuts its own to that length. ' +
    'Where nobody who was in sync is left, `unclean.leader.election.enable` chooses between losing and standing still.',
  inProduction: [
    {
      path: 'functions/kafka/producer.ts',
      says: 'the relay publishes with acks=all, and takes no answer for a no',
    },
    { path: 'lib/streaming-stack.ts', says: 'the topic has three replicas, of which two have to be in sync' },
  ],
});

/** What a producer knows of each record, in the order in which they were sent. */
function answersTo({ events }: Client) {
  return events.filter((event) => event.type === 'appended' || event.type === 'not-acknowledged');
}

async function holdEach(lab: Lab, topics: readonly string[], records: number): Promise<boolean> {
  const ends = await Promise.all(topics.map((topic) => lab.ask((admin) => admin.fetchTopicOffsets(topic))));
  return ends.every(([partition]) => Number(partition?.high) === records);
}

/** What a producer was told of the records that it wrote in need, beside what lies on the topic in the end. */
async function account(lab: Lab, topic: string, producer: Client) {
  const kept = new Set((await recordsOn(lab, topic)).map(({ text }) => text));
  const answers = answersTo(producer);
  const inNeed = answers.slice(CALM);
  const acknowledged = told(inNeed, 'appended').length;
  const isSent = (answer: (typeof inNeed)[number]) => 'code' in answer && answer.code === 'NOT_ASKED';
  const sent = inNeed.filter(isSent).length;
  // Answers come in the order of the records.
  const lost = inNeed.filter(
    (answer, n) => (answer.type === 'appended' || isSent(answer)) && !kept.has(`order ${CALM + n + 1}`),
  ).length;
  lab.tell({ type: 'log-end', topic, partition: 0, offset: kept.size });
  for (let n = 0; n < lost; n++) lab.tell({ type: 'not-acknowledged', topic, key: null, code: 'LOST' });
  const waits = answers.slice(0, CALM).map(({ waited = 0 }) => waited);
  const median = waits.toSorted((a, b) => a - b)[CALM / 2] ?? 0;
  return { sent, acknowledged, refused: inNeed.length - acknowledged - sent, lost, median };
}
