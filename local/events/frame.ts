/**
 * What a log looks like, after all that was told of it: plain data, which a terminal, a time line or a browser draws.
 *
 *     LogEvent, LogEvent, … ──reduce──> Frame ──> partitions as lanes, records as cells, groups as readers of lanes
 *
 * Whoever tells does so by a clock and a pipe of its own, so events may come out of order by little: of two that contradict each
 * other the later one counts (`at`), of two at the same time the one that came last. What an event speaks of that nobody has told
 * yet (a topic, a group, a member) is there from then on. Counts are of everything that was told; cells are the newest `WINDOW`.
 */
import type { LogEvent } from './event.ts';

/** How many cells a lane keeps. */
export const WINDOW = 100;

type Fate = Extract<LogEvent, { type: 'fate' }>['fate'];
type BrokerState = Extract<LogEvent, { type: 'broker' }>['state'];

export interface Frame {
  /** The newest event's time, epoch milliseconds. */
  readonly at: number;
  readonly step: string | undefined;
  readonly topics: ReadonlyMap<string, Topic>;
  readonly groups: ReadonlyMap<string, Group>;
  readonly brokers: ReadonlyMap<number, { readonly state: BrokerState; readonly at: number }>;
}

export interface Topic {
  readonly lanes: ReadonlyMap<number, Lane>;
  /** How many records were not acknowledged, by the name of the error. */
  readonly notAcknowledged: ReadonlyMap<string, number>;
}

/** A partition. */
export interface Lane {
  /** Offsets from here on are on the log, up to `end`, which the next record gets. */
  readonly start: number;
  readonly end: number;
  /** Where compaction has been: the offsets that are left before `before`. */
  readonly compacted: { readonly before: number; readonly kept: readonly number[] } | undefined;
  /** When the log was last found to end earlier than before. */
  readonly truncatedAt: number;
  /** By offset, the newest ones. */
  readonly cells: readonly Cell[];
  /** By group. */
  readonly readers: ReadonlyMap<string, Reader>;
  readonly leader: Leader | undefined;
}

interface Leader {
  readonly at: number;
  /** A broker; `null` while there is none. */
  readonly leader: number | null;
  readonly inSync: readonly number[];
}

/** A record. */
export interface Cell {
  readonly at: number;
  readonly offset: number;
  readonly key: string | null;
  readonly text: string | undefined;
  /** On the log; gone as it was to go, by retention, deletion or compaction; or gone although it was written. */
  readonly state: 'there' | 'forgotten' | 'lost';
  /** By group: the last that was said, and how often it was done. */
  readonly fates: ReadonlyMap<string, { readonly at: number; readonly fate: Fate; readonly done: number }>;
}

/** A group on a lane. */
export interface Reader {
  /** The offset that it reads next after a restart. */
  readonly committed: { readonly at: number; readonly offset: number } | undefined;
  /** The lowest offset that it was ever given. */
  readonly from: number | undefined;
  /** Records that it has done; ranges from an offset up to, not including, another, in order. */
  readonly done: readonly (readonly [number, number])[];
  /** How often it has done one that it had done already, and the other fates. */
  readonly again: number;
  readonly retried: number;
  readonly duplicates: number;
  readonly deadLetters: number;
  /** Records that the log had forgotten before the group had come to them. */
  readonly missed: number;
}

export interface Group {
  readonly members: ReadonlyMap<string, Member>;
}

/** What somebody of a group owns; who was killed owns it until the group has noticed. */
interface Member {
  readonly at: number;
  readonly state: 'there' | 'left' | 'killed';
  /** By topic. */
  readonly owns: ReadonlyMap<string, { readonly at: number; readonly partitions: readonly number[] }>;
}

/** Before anything was told. */
export const EMPTY: Frame = {
  at: 0,
  step: undefined,
  topics: new Map(),
  groups: new Map(),
  brokers: new Map(),
};

/** The frame after one more event; the one before it stays as it is. */
export function reduce(before: Frame, event: LogEvent): Frame {
  const frame = event.at > before.at ? { ...before, at: event.at } : before;
  switch (event.type) {
    case 'topic': {
      const none = Array.from({ length: event.partitions }, (_, partition) => partition);
      return none.reduce((each, partition) => onLane(each, event.topic, partition, same), frame);
    }
    case 'appended':
      return onLane(frame, event.topic, event.partition, (lane) => append(lane, event));
    case 'not-acknowledged':
      return onTopic(frame, event.topic, (topic) => {
        const count = (topic.notAcknowledged.get(event.code) ?? 0) + 1;
        return { ...topic, notAcknowledged: set(topic.notAcknowledged, event.code, count) };
      });
    case 'log-start':
      return onLane(frame, event.topic, event.partition, (lane) => forgetBefore(lane, event.offset));
    case 'log-end':
      return onLane(frame, event.topic, event.partition, (lane) =>
        event.kept === undefined ? truncate(lane, event) : compact(lane, event.offset, event.kept),
      );
    case 'assigned':
      return assign(frame, event);
    case 'left':
      return onGroup(frame, event.group, (group) => leave(group, event));
    case 'fate':
      return onLane(frame, event.topic, event.partition, (lane) => handle(lane, event));
    case 'committed':
      return onLane(frame, event.topic, event.partition, (lane) =>
        onReader(lane, event.group, (reader) =>
          isNews(event, reader.committed)
            ? { ...reader, committed: { at: event.at, offset: event.offset } }
            : reader,
        ),
      );
    case 'broker': {
      const { broker, state, at } = event;
      if (!isNews(event, frame.brokers.get(broker))) return frame;
      return { ...frame, brokers: set(frame.brokers, broker, { state, at }) };
    }
    case 'leader': {
      const { leader, inSync, at } = event;
      return onLane(frame, event.topic, event.partition, (lane) =>
        isNews(event, lane.leader) ? { ...lane, leader: { leader, inSync, at } } : lane,
      );
    }
    case 'step':
      return { ...frame, step: event.text };
    default:
      return event satisfies never;
  }
}

type Told<Type extends LogEvent['type']> = Extract<LogEvent, { type: Type }>;

const isNews = (event: LogEvent, known: { readonly at: number } | undefined) =>
  known === undefined || event.at >= known.at;

const same = (lane: Lane) => lane;

function set<Key, Value>(map: ReadonlyMap<Key, Value>, key: Key, value: Value): ReadonlyMap<Key, Value> {
  return new Map(map).set(key, value);
}

const NO_LANE: Lane = {
  start: 0,
  end: 0,
  compacted: undefined,
  truncatedAt: 0,
  cells: [],
  readers: new Map(),
  leader: undefined,
};

const NO_READER: Reader = {
  committed: undefined,
  from: undefined,
  done: [],
  again: 0,
  retried: 0,
  duplicates: 0,
  deadLetters: 0,
  missed: 0,
};

function onTopic(frame: Frame, name: string, change: (topic: Topic) => Topic): Frame {
  const topic = frame.topics.get(name) ?? { lanes: new Map(), notAcknowledged: new Map() };
  return { ...frame, topics: set(frame.topics, name, change(topic)) };
}

function onLane(frame: Frame, name: string, partition: number, change: (lane: Lane) => Lane): Frame {
  return onTopic(frame, name, (topic) => {
    const lane = change(topic.lanes.get(partition) ?? NO_LANE);
    return { ...topic, lanes: set(topic.lanes, partition, lane) };
  });
}

function onReader(lane: Lane, group: string, change: (reader: Reader) => Reader): Lane {
  return { ...lane, readers: set(lane.readers, group, change(lane.readers.get(group) ?? NO_READER)) };
}

function onGroup(frame: Frame, name: string, change: (group: Group) => Group): Frame {
  return {
    ...frame,
    groups: set(frame.groups, name, change(frame.groups.get(name) ?? { members: new Map() })),
  };
}

/** A record that was told before the log was found to end earlier is one that the log has lost. */
const isLost = (lane: Lane, { at, offset }: { readonly at: number; readonly offset: number }) =>
  offset >= lane.end && at <= lane.truncatedAt;

function append(lane: Lane, { at, offset, key, text }: Told<'appended'>): Lane {
  const lost = isLost(lane, { at, offset });
  return {
    ...onCell(lane, offset, (cell) => ({
      // Another record lies there now: the one before it went with its leader.
      fates: cell?.state === 'lost' && !lost ? new Map() : (cell?.fates ?? new Map()),
      at: cell?.state === 'lost' || cell === undefined ? at : cell.at,
      offset,
      key,
      text: text ?? cell?.text,
      state: lost ? 'lost' : offset < lane.start ? 'forgotten' : 'there',
    })),
    end: lost ? lane.end : Math.max(lane.end, offset + 1),
  };
}

/** Changes a cell, or puts one where it belongs; one that is older than the window is let go. */
function onCell(lane: Lane, offset: number, change: (cell: Cell | undefined) => Cell): Lane {
  const index = lane.cells.findLastIndex((cell) => cell.offset <= offset);
  const found = lane.cells[index];
  const cells =
    found?.offset === offset
      ? lane.cells.with(index, change(found))
      : lane.cells.toSpliced(index + 1, 0, change(undefined));
  return { ...lane, cells: cells.length > WINDOW ? cells.slice(-WINDOW) : cells };
}

function handle(lane: Lane, event: Told<'fate'>): Lane {
  const { at, offset, group, fate, key, text } = event;
  const lost = isLost(lane, event);
  const seen = onCell(lane, offset, (cell) => {
    const before = cell?.fates.get(group);
    const said = {
      at: Math.max(at, before?.at ?? 0),
      fate: isNews(event, before) || before === undefined ? fate : before.fate,
      done: (before?.done ?? 0) + (fate === 'done' ? 1 : 0),
    };
    return {
      at: cell?.at ?? at,
      offset,
      key: key ?? cell?.key ?? null,
      text: text ?? cell?.text,
      state: cell?.state ?? (lost ? 'lost' : offset < lane.start ? 'forgotten' : 'there'),
      fates: set(cell?.fates ?? new Map(), group, said),
    };
  });
  const end = lost ? lane.end : Math.max(lane.end, offset + 1);
  return onReader({ ...seen, end }, group, (reader) => {
    const from = Math.min(reader.from ?? offset, offset);
    const repeated = fate === 'done' && isIn(reader.done, offset);
    return {
      ...reader,
      from,
      done: fate === 'done' && !repeated ? including(reader.done, offset) : reader.done,
      again: reader.again + Number(repeated),
      retried: reader.retried + Number(fate === 'retried'),
      duplicates: reader.duplicates + Number(fate === 'duplicate'),
      deadLetters: reader.deadLetters + Number(fate === 'dead-letter'),
    };
  });
}

type Ranges = Reader['done'];

function isIn(ranges: Ranges, offset: number): boolean {
  const range = ranges.findLast(([from]) => from <= offset);
  return range !== undefined && offset < range[1];
}

/** The ranges with one more offset; neighbours become one. */
function including(ranges: Ranges, offset: number): Ranges {
  const index = ranges.findLastIndex(([from]) => from <= offset);
  const before = ranges[index];
  const after = ranges[index + 1];
  const joinsBefore = before?.[1] === offset;
  const joinsAfter = after?.[0] === offset + 1;
  const joined = [joinsBefore ? before[0] : offset, joinsAfter ? after[1] : offset + 1] as const;
  return ranges.toSpliced(joinsBefore ? index : index + 1, Number(joinsBefore) + Number(joinsAfter), joined);
}

/** How many records a group has done, each counted once. */
export const doneBy = (reader: Reader): number => reader.done.reduce((sum, [from, to]) => sum + to - from, 0);

/** How many records lie before a group; `undefined` before its first commit. */
export function lagOf(lane: Lane, reader: Reader): number | undefined {
  if (reader.committed === undefined) return undefined;
  return Math.max(0, lane.end - Math.max(reader.committed.offset, lane.start));
}

/** How many records are on a lane. */
export function recordsOn({ start, end, compacted }: Lane): number {
  if (compacted === undefined || compacted.before <= start) return end - start;
  return compacted.kept.filter((offset) => offset >= start).length + end - compacted.before;
}

/** Who reads a partition for a group; a killed member does until the group has noticed. */
export function ownerOf(group: Group, topic: string, partition: number): string | undefined {
  for (const [name, { owns }] of group.members) {
    if (owns.get(topic)?.partitions.includes(partition)) return name;
  }
  return undefined;
}

function forgetBefore(lane: Lane, offset: number): Lane {
  // A start never goes back.
  if (offset <= lane.start) return lane;
  const readers = [...lane.readers].map(([group, reader]) => {
    const next = reader.committed?.offset;
    const missed = next === undefined ? 0 : Math.max(0, offset - Math.max(next, lane.start));
    return [group, { ...reader, missed: reader.missed + missed }] as const;
  });
  return {
    ...lane,
    start: offset,
    end: Math.max(lane.end, offset),
    cells: lane.cells.map((cell) => (cell.offset < offset ? { ...cell, state: 'forgotten' } : cell)),
    readers: new Map(readers),
  };
}

function compact(lane: Lane, end: number, kept: readonly number[]): Lane {
  const left = new Set(kept);
  return {
    ...lane,
    end: Math.max(lane.end, end),
    compacted: { before: end, kept },
    cells: lane.cells.map((cell) =>
      cell.offset < end && !left.has(cell.offset) ? { ...cell, state: 'forgotten' } : cell,
    ),
  };
}

function truncate(lane: Lane, { at, offset }: Told<'log-end'>): Lane {
  const isGone = (cell: Cell) => cell.offset >= offset && cell.at <= at;
  const cells = lane.cells.map((cell): Cell => (isGone(cell) ? { ...cell, state: 'lost' } : cell));
  const written = cells.findLast((cell) => cell.state !== 'lost')?.offset ?? -1;
  const readers = [...lane.readers].map(([group, reader]) => {
    const done = reader.done
      .filter(([from]) => from < offset)
      .map(([from, to]) => [from, Math.min(to, offset)] as const);
    return [group, { ...reader, done }] as const;
  });
  return {
    ...lane,
    cells,
    truncatedAt: Math.max(lane.truncatedAt, at),
    end: Math.max(offset, written + 1),
    readers: new Map(readers),
  };
}

function assign(frame: Frame, event: Told<'assigned'>): Frame {
  const { at, topic } = event;
  const assigned = onGroup(frame, event.group, (group) => {
    const members = new Map<string, Member>();
    let mine = event.partitions;
    for (const [name, member] of group.members) {
      if (name === event.member) continue;
      const theirs = member.owns.get(topic);
      // A partition has one reader in a group: the one who was given it last.
      if (theirs !== undefined && theirs.at > at)
        mine = mine.filter((one) => !theirs.partitions.includes(one));
      const kept =
        theirs?.partitions.filter((one) => theirs.at > at || !event.partitions.includes(one)) ?? [];
      const owns =
        theirs === undefined ? member.owns : set(member.owns, topic, { ...theirs, partitions: kept });
      const isNeeded =
        member.state === 'there' || [...owns.values()].some((one) => one.partitions.length > 0);
      // A rebalance is over: who was gone before it is forgotten, once nothing is theirs.
      if (isNeeded || member.at > at) members.set(name, { ...member, owns });
    }
    const known = group.members.get(event.member);
    if (!isNews(event, known?.owns.get(topic)) || (known?.state !== 'there' && !isNews(event, known))) {
      return group;
    }
    const owns = set(known?.owns ?? new Map(), topic, { at, partitions: mine });
    members.set(event.member, { at: Math.max(at, known?.at ?? 0), state: 'there', owns });
    return { members };
  });
  return event.partitions.reduce(
    (each, partition) =>
      onLane(each, topic, partition, (lane) => onReader(lane, event.group, (reader) => reader)),
    assigned,
  );
}

function leave(group: Group, event: Told<'left'>): Group {
  const { at, how, member: name } = event;
  const member = group.members.get(name);
  if (!isNews(event, member)) return group;
  const owns = how === 'left' ? new Map() : (member?.owns ?? new Map());
  return { members: set(group.members, name, { at, state: how, owns }) };
}
