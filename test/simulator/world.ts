import { chance } from './chance.ts';
import type { Defect } from './defect.ts';
import { deployedFunctions } from './deploy.ts';
import { database, type KeySchema, keyText, type OnWrite, table } from './dynamodb/tables.ts';
import type { EventSource, EventSourcePorts } from './event-source.ts';
import type { Evidence, OnCommit } from './evidence.ts';
import { faults } from './faults.ts';
import { startForeignProducer } from './foreign-producer.ts';
import { gateway } from './gateway.ts';
import { history, type Mailed } from './history.ts';
import { cluster } from './kafka/producer.ts';
import { topic } from './kafka/topic.ts';
import { lambdaHost } from './lambda/host.ts';
import { streamMapping, topicMapping } from './mappings.ts';
import { type Group, TABLES, TOPICS } from './names.ts';
import { startOperator } from './operator.ts';
import { type Scenario, START } from './scenario.ts';
import { scheduler } from './scheduler.ts';
import { startShoppers } from './shoppers.ts';
import { stream } from './stream.ts';

const SWEEP_MS = 5 * 60_000;
/** Lambda tries an asynchronous invocation twice more. */
const SWEEP_RETRIES_MS = [60_000, 120_000];
/** Everything is done this long after the last fault: as long as a claim may be held back, and a frozen process sleeps. */
const DRAIN_MS = 3 * 60 * 60_000;

/** Lives through a scenario: shopping and faults for its duration, then time to come to rest. */
export async function live(scenario: Scenario, defect: Defect, onCommit: OnCommit): Promise<Evidence> {
  const random = chance(scenario.seed);
  const clock = scheduler(START);
  const log = history(clock.now);
  const outages = scenario.outages.map(({ kind, from, to }) => ({
    kind,
    from: START + from,
    to: START + to,
  }));
  const plagues = faults({ rates: scenario.rates, outages }, random.fork(), clock.now, (kind, where) =>
    log.note({ what: 'fault', kind, where }),
  );
  const mails: Mailed[] = [];

  const orders = topic(TOPICS.orders, scenario.partitions);
  const letters = topic(TOPICS.deadLetters, 1);
  for (const one of [orders, letters]) {
    one.onAppend((partition, { offset, headers }, by) => {
      const record = String(headers.ce_id ?? '');
      log.note({ what: 'appended', topic: one.name, partition, offset, record, by });
    });
  }

  let writer = '';
  const noting =
    (name: string, schema: KeySchema): OnWrite =>
    ({ key, before, after }) => {
      log.note({ what: 'written', table: name, key: keyText(schema, key), before, after, process: writer });
    };
  const newTable = (name: string, schema: KeySchema, onWrite?: OnWrite) => {
    const note = noting(name, schema);
    return table(name, schema, (change) => {
      note(change);
      onWrite?.(change);
    });
  };
  const outboxStream = stream(scenario.shards, { clock, random: random.fork(), faults: plagues }, (shard) =>
    sources.stream?.appended(shard),
  );
  const tables = {
    orders: newTable(TABLES.orders, { hash: 'orderId' }),
    outbox: newTable(
      TABLES.outbox,
      { hash: 'orderId', range: { name: 'seq', type: 'N' } },
      outboxStream.onWrite,
    ),
    shipments: newTable(TABLES.shipments, { hash: 'orderId' }),
    emailLedger: newTable(TABLES.emailLedger, { hash: 'eventKey' }),
    deadLetters: newTable(TABLES.deadLetters, { hash: 'consumer', range: { name: 'recordId', type: 'S' } }),
  };
  const account = database(Object.values(tables));

  const world = { clock, random: random.fork(), faults: plagues, history: log };
  const functions = deployedFunctions(
    {
      ...world,
      databaseFor: ({ name }) => ({
        table(tableName) {
          writer = name;
          return account.table(tableName);
        },
      }),
      deadly: scenario.deadly,
      topic: orders,
      cluster: cluster(scenario.partitions),
      mailed(mail) {
        mails.push(mail);
        log.note({ what: 'mailed', mail });
      },
    },
    defect,
  );
  const lambda = lambdaHost(functions, { ...world, random: random.fork(), maxSkewMs: scenario.maxSkewMs });
  const foreign = startForeignProducer(scenario.foreignRecords, scenario.duration, orders, {
    clock,
    random: random.fork(),
  });
  const unfinished: string[] = [];
  const evidence: Evidence = {
    scenario,
    history: log,
    tables,
    topic: orders,
    letters,
    foreign,
    mails,
    processes: lambda.processes,
    unfinished,
  };

  const mapped: EventSourcePorts & { readonly scenario: Scenario } = {
    ...world,
    random: random.fork(),
    lambda,
    scenario,
  };
  const groups: Group[] = ['shipping-service', 'email-service'];
  const sources: Record<string, EventSource> = {
    stream: streamMapping(outboxStream.shards, mapped),
    ...Object.fromEntries(
      groups.map((group) => [
        group,
        topicMapping(group, orders, letters, mapped, (partition, from, to) =>
          onCommit({ evidence, group, partition, from, to }),
        ),
      ]),
    ),
  };
  if (!defect.withoutSweep) startSweep();
  startShoppers(scenario, {
    clock,
    random: random.fork(),
    gateway: gateway({ ...world, lambda }),
  });

  startOperator(scenario.replays, scenario.duration, {
    ...world,
    random: random.fork(),
    lambda,
    topic: orders,
    letters,
    handled: (group, partition) => sources[group]?.committed(`${orders.name}-${partition}`) ?? 0,
    deadLetters: () => [...tables.deadLetters.items.values()],
  });

  function startSweep(): void {
    const sweep = (retries: readonly number[]) =>
      lambda.invoke('relay', '{"detail-type":"Scheduled Event"}', (result) => {
        const [wait, ...rest] = retries;
        if (result.kind !== 'success' && wait !== undefined) clock.after(wait, () => sweep(rest));
      });
    const every = () => {
      sweep(SWEEP_RETRIES_MS);
      clock.background(SWEEP_MS, every);
    };
    clock.background(random.int(0, SWEEP_MS), every);
  }

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
  unfinished.push(...(isAtRest() ? [] : [...stillToDo(), `${clock.pending()} events`]));
  return evidence;
}
