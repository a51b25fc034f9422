/** What happened on each partition and with each broker over time, gathered by replaying the events: what a time line is drawn from. */
import type { LogEvent } from '../../local/events/event.ts';
import { EMPTY, type Frame, ownerOf, type Reader, reduce } from '../../local/events/frame.ts';

interface Rec {
  readonly at: number;
  readonly offset: number;
  key: string | null;
  /** When it was gone, and how. */
  gone?: { readonly at: number; readonly how: 'forgotten' | 'lost' };
}
type Point = { readonly at: number; readonly offset: number };
export interface Span {
  readonly at: number;
  readonly what: string;
  readonly state: string;
}
interface Reading {
  readonly committed: Point[];
  readonly marks: Map<Mark, Point[]>;
  readonly owners: Span[];
}
export interface Band {
  readonly topic: string;
  readonly partition: number;
  readonly records: Rec[];
  /** The last one that was written at an offset. */
  readonly newest: Map<number, Rec>;
  readonly start: Point[];
  readonly leaders: Span[];
  readonly groups: Map<string, Reading>;
}
export interface Story {
  readonly from: number;
  readonly to: number;
  readonly bands: readonly Band[];
  readonly steps: readonly { readonly at: number; readonly text: string }[];
  readonly brokers: ReadonlyMap<number, readonly Span[]>;
  readonly refused: ReadonlyMap<string, readonly number[]>;
  readonly frame: Frame;
}

/** What a group does with a record, as far as it has a mark of its own. */
export const MARKS = {
  done: 'handled',
  again: 'handled again',
  duplicate: 'recognised, nothing done',
  retried: 'to be tried again',
  'dead-letter': 'set aside',
} as const;
export type Mark = keyof typeof MARKS;

/** Everything that has to be drawn, gathered by replaying the events. */
export function storyOf(told: readonly LogEvent[]): Story {
  const events = told.toSorted((a, b) => a.at - b.at);
  const bands = new Map<string, Band>();
  const steps: { at: number; text: string }[] = [];
  const brokers = new Map<number, Span[]>();
  const refused = new Map<string, number[]>();
  const bandOf = (topic: string, partition: number): Band =>
    getOr(bands, `${topic}-${partition}`, () => ({
      topic,
      partition,
      records: [],
      newest: new Map(),
      start: [],
      leaders: [],
      groups: new Map(),
    }));
  const readingOf = (band: Band, group: string): Reading =>
    getOr(band.groups, group, () => ({ committed: [], marks: new Map(), owners: [] }));

  const frame = events.reduce((before, event) => {
    const after = reduce(before, event);
    const { at } = event;
    switch (event.type) {
      case 'topic':
        for (let partition = 0; partition < event.partitions; partition++) bandOf(event.topic, partition);
        break;
      case 'step':
        steps.push({ at, text: event.text });
        break;
      case 'broker':
        getOr(brokers, event.broker, () => []).push({ at, what: event.state, state: event.state });
        break;
      case 'not-acknowledged':
        getOr(refused, event.code, () => []).push(at);
        break;
      case 'assigned':
      case 'left':
        for (const [topic, { lanes }] of after.topics) {
          for (const partition of lanes.keys()) noteOwner(after, event.group, topic, partition, at);
        }
        break;
      default:
        noteOnBand(bandOf(event.topic, event.partition), event, before);
    }
    return after;
  }, EMPTY);

  function noteOwner(after: Frame, name: string, topic: string, partition: number, at: number) {
    const group = after.groups.get(name);
    const owner = group && ownerOf(group, topic, partition);
    const state = owner === undefined ? 'nobody' : (group?.members.get(owner)?.state ?? 'there');
    const band = bandOf(topic, partition);
    if (owner === undefined && !band.groups.has(name)) return;
    const { owners } = readingOf(band, name);
    const last = owners.at(-1);
    if (last?.what === (owner ?? '') && last.state === state) return;
    owners.push({ at, what: owner ?? '', state });
  }

  function noteOnBand(band: Band, event: Exclude<LogEvent, { type: NotOfBand }>, before: Frame) {
    const { at } = event;
    const lane = before.topics.get(band.topic)?.lanes.get(band.partition);
    switch (event.type) {
      case 'appended':
      case 'fate': {
        const { offset } = event;
        const known = band.newest.get(offset);
        if (known === undefined || (known.gone?.how === 'lost' && event.type === 'appended')) {
          const record = { at, offset, key: event.key ?? null };
          band.records.push(record);
          band.newest.set(offset, record);
        } else known.key ??= event.key ?? null;
        if (event.type === 'appended' || event.fate === 'delivered') break;
        const isAgain = event.fate === 'done' && isDone(lane?.readers.get(event.group), offset);
        const { marks } = readingOf(band, event.group);
        getOr(marks, isAgain ? 'again' : event.fate, () => []).push({ at, offset });
        break;
      }
      case 'committed':
        readingOf(band, event.group).committed.push({ at, offset: event.offset });
        break;
      case 'log-start':
        band.start.push({ at, offset: event.offset });
        goes(band, at, 'forgotten', (offset) => offset < event.offset);
        break;
      case 'log-end': {
        const { kept } = event;
        if (kept === undefined) goes(band, at, 'lost', (offset) => offset >= event.offset);
        else goes(band, at, 'forgotten', (offset) => offset < event.offset && !kept.includes(offset));
        break;
      }
      case 'leader': {
        const what = event.leader === null ? 'no leader' : `leader ${event.leader}`;
        const inSync = `${what}, in sync ${event.inSync.join(' ') || 'none'}`;
        if (band.leaders.at(-1)?.what !== inSync) {
          band.leaders.push({ at, what: inSync, state: event.leader === null ? 'killed' : 'there' });
        }
        break;
      }
      default:
        event satisfies never;
    }
  }

  return {
    from: events[0]?.at ?? 0,
    to: events.at(-1)?.at ?? 0,
    bands: [...bands.values()].sort((a, b) =>
      a.topic === b.topic ? a.partition - b.partition : order(bands, a) - order(bands, b),
    ),
    steps,
    brokers,
    refused,
    frame,
  };
}

type NotOfBand = 'topic' | 'step' | 'broker' | 'not-acknowledged' | 'assigned' | 'left';

/** Topics stand in the order in which they were heard of. */
const order = (bands: ReadonlyMap<string, Band>, { topic }: Band) =>
  [...bands.values()].findIndex((band) => band.topic === topic);

function goes(band: Band, at: number, how: 'forgotten' | 'lost', which: (offset: number) => boolean): void {
  for (const record of band.records)
    if (record.gone === undefined && which(record.offset)) record.gone = { at, how };
}

const isDone = (reader: Reader | undefined, offset: number): boolean =>
  reader?.done.some(([from, to]) => offset >= from && offset < to) ?? false;

export function getOr<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
