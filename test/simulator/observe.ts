/** What the checker is told of a simulated world: all of its state, and every step. */
import { orderEvents, placeOf } from '../checker/events.ts';
import {
  COLLECTOR,
  CONSUMERS,
  type Consumer,
  type Exchange,
  type Failure,
  type GivenUp,
  type Mail,
  type Pass,
  type Position,
  type SeenWithin,
  type State,
  type Step,
  type Stop,
  type TopicRecord,
  UNSEEN,
} from '../checker/observation.ts';
import {
  claimOf,
  contentOfRecord,
  eventIdOf,
  eventOfClaim,
  givenUpIn,
  letterOf,
  orderOf,
  type Row,
  salesOf,
  shipmentOf,
} from '../checker/rows.ts';
import { GROUPS, TABLES, type Tables } from './account.ts';
import type { FaultKind } from './faults.ts';
import type { Foreign } from './foreign-producer.ts';
import type { History, Past } from './history.ts';
import type { TopicRecord as SimulatedRecord, Topic } from './kafka.ts';
import { REFUSED_RECIPIENT } from './mail-provider.ts';
import type { Process } from './process.ts';
import type { Scenario } from './scenario.ts';

/** Everything there is of a world. */
export interface Evidence {
  readonly scenario: Scenario;
  readonly history: History;
  readonly tables: Tables;
  readonly topic: Topic;
  /** The topic of dead letters. */
  readonly letters: Topic;
  /** Records that aren't the relay's, by `<partition>@<offset>`. */
  readonly foreign: ReadonlyMap<string, Foreign>;
  readonly mails: readonly Mail[];
  readonly processes: ReadonlyMap<string, Process>;
  /** What each group passed, and what there was of it when it did. */
  readonly passes: readonly Pass[];
  /** What hadn't come to rest in time. */
  readonly unfinished: readonly string[];
}

/** A group's position is about to move on a partition. */
export interface Commit {
  readonly group: Consumer | typeof COLLECTOR;
  readonly partition: number;
  readonly from: number;
  readonly to: number;
}

export function observe(evidence: Evidence): SeenWithin {
  const { scenario, history, processes, passes, unfinished } = evidence;
  const end = endOf(evidence);
  return {
    retryAttempts: scenario.retryAttempts,
    isDeadly: scenario.deadly.length > 0,
    refuses: [...new Set(orderEvents(end).map(({ data }) => data.email ?? ''))].filter((address) =>
      REFUSED_RECIPIENT.test(address),
    ),
    exchanges: exchangesOf(history),
    pauses: [],
    passes,
    end,
    reread: UNSEEN,
    outages: UNSEEN,
    stops: [...processes.values()].flatMap(({ name, stops }) =>
      stops.map((stop): Stop => ({ process: name, ...stop })),
    ),
    failures: history.past.flatMap(failureOf),
    marks: history.past.flatMap((past) =>
      past.what === 'written' && past.table === TABLES.emailLedger && past.after?.status?.S === 'SENT'
        ? [{ eventId: eventOfClaim(past.key), process: past.process, at: past.at }]
        : [],
    ),
    schedule: {
      maxSkewMs: scenario.maxSkewMs,
      undisturbed: undisturbedIn(history),
      steps: history.past.flatMap(stepOf),
    },
    indiscretions: history.past.flatMap((past) =>
      past.what === 'logged' && /canary|@example/i.test(past.line) ? [past.line] : [],
    ),
    unfinished,
  };
}

function endOf(evidence: Evidence): State {
  const { tables, topic } = evidence;
  return {
    ...effectsIn(evidence),
    orders: rowsOf(tables.orders).map(orderOf),
    outbox: rowsOf(tables.outbox).map(eventIdOf),
    topic: topic.partitions.flatMap((_, partition) => recordsOf(evidence, partition, 0)),
    positions: positionsIn(evidence),
  };
}

/** The records that a group is about to pass, and what there is of them. */
export function passOf(evidence: Evidence, { group, partition, from, to }: Commit): Pass {
  return {
    ...effectsIn(evidence),
    topic: group === COLLECTOR ? [] : recordsOf(evidence, partition, from, to),
    positions: [{ group, partition, committed: to, end: to }],
  };
}

function effectsIn({ tables, letters, mails }: Evidence): Omit<Pass, 'topic' | 'positions'> {
  return {
    shipments: rowsOf(tables.shipments).map(knownShipment),
    suppressed: rowsOf(tables.emailLedger)
      .filter(({ status }) => status?.S === 'SUPPRESSED')
      .map(({ eventKey }) => eventOfClaim(eventKey?.S ?? '').split('.')[0] ?? ''),
    mails: [...mails],
    sales: salesOf(rowsOf(tables.sales)),
    letters: rowsOf(tables.deadLetters)
      .filter(({ reason }) => reason !== undefined)
      .map(knownLetter),
    givenUp: letters.partitions.flatMap((messages, partition) =>
      messages.flatMap((message) =>
        knownGivenUp(message).map((one) => ({ ...one, message: { partition, offset: message.offset } })),
      ),
    ),
  };
}

const rowsOf = ({ items }: { readonly items: ReadonlyMap<string, Row> }) => [...items.values()];

/** Rows and records are looked at whenever a group passes something, and never change. */
function once<From extends object, To>(read: (from: From) => To): (from: From) => To {
  const known = new WeakMap<From, To>();
  return (from) => {
    const found = known.get(from) ?? read(from);
    known.set(from, found);
    return found;
  };
}

const knownShipment = once(shipmentOf);
const knownLetter = once(letterOf);
const knownContent = once(contentOfRecord);
const knownGivenUp = once(({ value }: SimulatedRecord): readonly Omit<GivenUp, 'message'>[] => {
  const { functionName, records } = givenUpIn(String(value));
  const consumer = CONSUMERS.find((group) => GROUPS[group] === functionName) ?? functionName;
  return records.map(({ partition, offset }) => ({ consumer, partition, offset }));
});

function recordsOf(
  { topic, foreign }: Evidence,
  partition: number,
  from: number,
  to?: number,
): readonly TopicRecord[] {
  return (topic.partitions[partition] ?? []).slice(from, to).map((record) => {
    const { offset, timestamp } = record;
    const planted = plantedAs(foreign.get(placeOf({ partition, offset })));
    return { ...knownContent(record), partition, offset, timestamp, planted };
  });
}

function plantedAs(foreign: Foreign | undefined): TopicRecord['planted'] {
  switch (foreign?.outcome) {
    case undefined:
      return undefined;
    case 'done':
      return 'event';
    case 'skipped':
    case 'unparseable':
    case 'invalid':
      return foreign?.outcome;
    default:
      throw new TypeError(`what becomes of a record that is ${foreign?.outcome}?`);
  }
}

function positionsIn({ topic, letters, history }: Evidence): readonly Position[] {
  const committed = new Map<string, number>();
  for (const past of history.past) {
    if (past.what === 'committed') committed.set(`${past.source} ${past.partition}`, past.position);
  }
  const of = (group: string, { name, partitions }: Topic): readonly Position[] =>
    partitions.map((records, partition) => ({
      group,
      partition,
      committed: committed.get(`${group} ${name}-${partition}`) ?? 0,
      end: records.length,
    }));
  return [...CONSUMERS.flatMap((group) => of(group, topic)), ...of(COLLECTOR, letters)];
}

function exchangesOf({ past: all }: History): readonly Exchange[] {
  const answered = new Map(
    all.flatMap((past) => (past.what === 'answered' ? [[past.request.id, past] as const] : [])),
  );
  return all.flatMap((past): readonly Exchange[] => {
    if (past.what !== 'asked' || past.request.kind === 'show') return [];
    const { id, kind, customerId, body: asked } = past.request;
    const { status, body = '' } = answered.get(id) ?? {};
    const answer = status !== undefined && status < 300 ? body : undefined;
    const orderId =
      kind === 'cancel' ? asked : answer && (JSON.parse(answer) as { orderId?: string }).orderId;
    return [{ kind, customerId, content: kind === 'place' ? asked : '', status, orderId, answer }];
  });
}

/** `email#2 BatchWriteItem(EmailLedger) email-service#ord_1.1`, as dynamodb/client.ts tells where a fault struck. */
const ASKED = /^(\S+) (\w+)\((\S*)\)(.*)$/;

function failureOf(past: Past): readonly Failure[] {
  if (past.what !== 'fault') return [];
  const [, process = '', command = '', table, keys = ''] = ASKED.exec(past.where) ?? [];
  if (table !== TABLES.emailLedger || /Get|Query|Scan/.test(command)) return [];
  return [{ of: 'write', at: past.at, process, events: keys.trim().split(' ').map(eventOfClaim) }];
}

/** Beginnings of the names of faults that a group can feel. */
const FELT: Readonly<Record<Consumer, readonly string[]>> = {
  'shipping-service': ['dynamodb', 'lambda', 'group', 'shipping'],
  'email-service': ['dynamodb', 'lambda', 'group', 'email', 'mail'],
  'sales-service': ['dynamodb', 'lambda', 'group', 'sales'],
};

function undisturbedIn({ past: all }: History): readonly Consumer[] {
  const struck = new Set(all.flatMap((past): FaultKind[] => (past.what === 'fault' ? [past.kind] : [])));
  return CONSUMERS.filter(
    (group) => ![...struck].some((kind) => FELT[group].some((part) => kind.startsWith(part))),
  );
}

function stepOf(past: Past): readonly Step[] {
  const { at } = past;
  switch (past.what) {
    case 'written':
      return writtenStep(past);
    case 'appended':
      if (past.topic !== 'orders') return [];
      return [{ at, what: 'appended', eventId: past.record, place: past }];
    case 'committed': {
      const partition = Number(past.partition.slice(past.partition.lastIndexOf('-') + 1));
      return [{ at, what: 'passed', group: past.source, partition, committed: past.position }];
    }
    case 'mail tried':
      return [
        { at, what: 'mail tried', eventId: past.eventId, by: past.process, isAnswered: past.isAnswered },
      ];
    case 'mailed':
      return [past];
    case 'ended':
      return past.how === 'timed out' ? [{ at, what: 'timed out', process: past.name }] : [];
    case 'fault':
    case 'process':
    case 'asked':
    case 'answered':
    case 'invoked':
    case 'gave up':
    case 'logged':
    case 'world':
      return [];
  }
}

function writtenStep({
  at,
  table,
  key,
  before,
  after,
  process: by,
}: Extract<Past, { what: 'written' }>): readonly Step[] {
  switch (table) {
    case TABLES.orders:
      return after === undefined ? [] : [{ at, what: 'order written', eventId: eventIdOf(after), by }];
    case TABLES.outbox:
      if (after !== undefined) return [{ at, what: 'row written', eventId: eventIdOf(after), by }];
      return before === undefined ? [] : [{ at, what: 'row deleted', eventId: eventIdOf(before), by }];
    case TABLES.shipments:
      if (after === undefined) return [];
      return [
        { at, what: 'shipment written', before: before && shipmentOf(before), after: shipmentOf(after) },
      ];
    case TABLES.emailLedger: {
      if (after === undefined) return [];
      const claims = { before: before && claimOf(before), after: claimOf(after) };
      return [{ at, what: 'claim written', eventId: eventOfClaim(key), by, ...claims }];
    }
    default:
      return [];
  }
}
