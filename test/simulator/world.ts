import type { Mail, Pass } from '../checker/observation.ts';
import { chance } from '../support/chance.ts';
import { account, COLLECTOR, TOPICS } from './account.ts';
import type { Defect } from './defects/known.ts';
import { deployedFunctions } from './deploy.ts';
import type { EventSource } from './event-source.ts';
import { faults } from './faults.ts';
import { startForeignProducer } from './foreign-producer.ts';
import { history } from './history.ts';
import { cluster, type Topic, topic } from './kafka.ts';
import { lambdaHost } from './lambda.ts';
import { collectorMapping, consumerMapping, startSweeping, streamMapping } from './mappings.ts';
import { type Commit, type Evidence, passOf } from './observe.ts';
import { type Operator, startOperator } from './operator.ts';
import { BATCH_LIMIT, type Scenario, START } from './scenario.ts';
import { scheduler } from './scheduler.ts';
import { gateway, startShoppers } from './shoppers.ts';
import { stream } from './stream.ts';

/**
 * Everything is done this long after the last fault: as long as a claim may be held back, a process frozen, and a letter
 * left to the operator, one after the other.
 */
const DRAIN_MS = 3 * 60 * 60_000;

/** Lives through a scenario: shopping and faults for its duration, then time to come to rest. */
export async function live(scenario: Scenario, defect: Defect): Promise<Evidence> {
  const random = chance(scenario.seed);
  const clock = scheduler(START);
  const log = history(clock.now);
  const outages = scenario.outages.map(({ kind, from, to }) => ({
    kind,
    from: START + from,
    to: START + to,
  }));
  const plagues = faults({ ...scenario, outages }, random.fork(), clock.now, (kind, where) =>
    log.note({ what: 'fault', kind, where }),
  );
  /** What every part of the world has; its randomness is its own. */
  const part = () => ({ clock, random: random.fork(), faults: plagues, history: log });

  const orders = topic(TOPICS.orders, scenario.partitions);
  const letters = topic(TOPICS.deadLetters, random.int(1, 2));
  for (const one of [orders, letters]) noteAppends(one);
  const outboxStream = stream(scenario.shards, part(), (shard) => sources.stream?.appended(shard));
  const { tables, databaseFor } = account(log, {
    outbox: outboxStream.onWrite,
    deadLetter: (letter) => operator.written(letter),
  });
  const mails: Mail[] = [];
  const functions = deployedFunctions(
    {
      ...part(),
      databaseFor,
      deadly: scenario.deadly,
      topic: orders,
      cluster: cluster(scenario.partitions),
      batchLimit: () => (plagues.isOver() ? BATCH_LIMIT : scenario.batchLimit),
      mailed(mail) {
        mails.push(mail);
        log.note({ what: 'mailed', mail });
      },
    },
    defect,
  );
  const lambda = lambdaHost(functions, { ...part(), maxSkewMs: scenario.maxSkewMs });
  const foreign = startForeignProducer(scenario.foreignRecords, scenario.duration, orders, part());
  const { processes } = lambda;
  const unfinished: string[] = [];
  const passes: Pass[] = [];
  const evidence: Evidence = {
    scenario,
    history: log,
    tables,
    topic: orders,
    letters,
    foreign,
    mails,
    processes,
    passes,
    unfinished,
  };

  const mapped = { ...part(), lambda, scenario };
  const committing = (group: Commit['group']) => (partition: number, from: number, to: number) =>
    void passes.push(passOf(evidence, { group, partition, from, to }));
  const consumer = (group: 'shipping-service' | 'email-service' | 'sales-service') =>
    consumerMapping(group, orders, letters, mapped, committing(group));
  const sources: Readonly<Record<string, EventSource>> = {
    stream: streamMapping(outboxStream.shards, mapped),
    'shipping-service': consumer('shipping-service'),
    'email-service': consumer('email-service'),
    'sales-service': consumer('sales-service'),
    [COLLECTOR.group]: collectorMapping(letters, mapped, committing(COLLECTOR.group)),
  };

  if (!defect.withoutSweep) startSweeping(clock, random.fork(), lambda);
  startShoppers(scenario, { ...part(), gateway: gateway({ ...part(), lambda }) });
  const operator: Operator = startOperator(scenario.replays, scenario.duration, {
    ...part(),
    lambda,
    databaseFor,
    topic: orders,
    handled: (group, partition) => sources[group]?.committed(`${orders.name}-${partition}`) ?? 0,
    deadLetters: () => [...tables.deadLetters.items.values()],
  });
  clock.after(scenario.duration, () => {
    plagues.end();
    log.note({ what: 'world', note: 'faults end' });
  });

  const stillToDo = () => [
    ...Object.keys(sources).filter((name) => !sources[name]?.isDone()),
    ...(tables.outbox.items.size > 0 ? ['outbox'] : []),
    ...(lambda.running() > 0 ? ['invocations'] : []),
  ];
  const isAtRest = () => clock.pending() === 0 && stillToDo().length === 0;
  await clock.run(isAtRest, START + scenario.duration + DRAIN_MS);
  if (!isAtRest()) unfinished.push(...stillToDo(), `${clock.pending()} events`);
  return evidence;

  function noteAppends(one: Topic): void {
    one.onAppend((partition, { offset, headers }, by) => {
      const record = String(headers.ce_id ?? '');
      log.note({ what: 'appended', topic: one.name, partition, offset, record, by });
    });
  }
}
