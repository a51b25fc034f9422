/** What experiments count in what was told, and what they ask the broker of a group. */
import { setTimeout as pause } from 'node:timers/promises';
import type { LogEvent } from '../local/events/event.ts';
import type { Client } from './client.ts';
import type { Lab } from './lab.ts';

type Told<Type extends LogEvent['type']> = Extract<LogEvent, { readonly type: Type }>;

/** The events of one type, in the order in which they were told. */
export function told<Type extends LogEvent['type']>(
  events: readonly LogEvent[],
  type: Type,
): readonly Told<Type>[] {
  return events.filter((event): event is Told<Type> => event.type === type);
}

/** What was handled to its end, by anybody or by a group or a member; a record that was handled twice comes twice. */
export function handled(
  events: readonly LogEvent[],
  by: { readonly group?: string; readonly member?: string } = {},
): readonly Told<'fate'>[] {
  return told(events, 'fate').filter(
    ({ fate, group, member }) =>
      fate === 'done' && group === (by.group ?? group) && member === (by.member ?? member),
  );
}

interface Place {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/** A record's place, as people write it: `orders-1@6`. */
export const placeOf = ({ topic, partition, offset }: Place): string => `${topic}-${partition}@${offset}`;

/** How many different records there are among these. */
export const different = (records: readonly Place[]): number => new Set(records.map(placeOf)).size;

/** How many records are among these more than once. */
export const moreThanOnce = (records: readonly Place[]): number =>
  [...Map.groupBy(records, placeOf).values()].filter((times) => times.length > 1).length;

/** The members that haven't gone, and what each of them owns. */
export function ownersOf(events: readonly LogEvent[]): ReadonlyMap<string, readonly number[]> {
  const owned = new Map<string, readonly number[]>();
  for (const event of events) {
    if (event.type === 'assigned') owned.set(event.member, event.partitions);
    if (event.type === 'left') owned.delete(event.member);
  }
  return owned;
}

/** What members own, for people: `A 0, 2; B 1; C none`. */
export const owning = (owners: ReadonlyMap<string, readonly number[]>): string =>
  [...owners]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([member, partitions]) => `${member} ${partitions.length === 0 ? 'none' : partitions.join(', ')}`)
    .join('; ');

/** Where a group goes on in each partition of a topic, by the broker's word; 0 where it has committed nothing. */
export async function committedBy(
  lab: Lab,
  group: string,
  topic: string,
): Promise<ReadonlyMap<number, number>> {
  const [found] = await lab.ask((admin) => admin.fetchOffsets({ groupId: group, topics: [topic] }));
  return new Map(
    found?.partitions.map(({ partition, offset }) => [partition, Math.max(0, Number(offset))]) ?? [],
  );
}

/** How many records of a topic a group has before it, by the broker's word. */
export async function lagOf(lab: Lab, group: string, topic: string): Promise<number> {
  const committed = await committedBy(lab, group, topic);
  const partitions = await lab.ask((admin) => admin.fetchTopicOffsets(topic));
  return sum(partitions.map(({ partition, high }) => Number(high) - (committed.get(partition) ?? 0)));
}

export const sum = (numbers: Iterable<number>): number => [...numbers].reduce((all, one) => all + one, 0);

/**
 * Freezes a member in the middle of its work on a record: it has told that the record is delivered (or, where it commits before
 * its work, that it has committed), and nothing since.
 *
 * @returns the record
 */
export async function freezeAtWork(
  lab: Lab,
  member: Client,
  commit: 'after' | 'before',
): Promise<Told<'fate'>> {
  const atWork = () => {
    const last = member.events.at(-1);
    if (last?.type !== (commit === 'after' ? 'fate' : 'committed')) return undefined;
    const record = told(member.events, 'fate').at(-1);
    return record?.fate === 'delivered' ? record : undefined;
  };
  for (;;) {
    await lab.until('a member at its work', atWork);
    member.freeze();
    // What it had told before it was frozen arrives.
    await pause(150);
    const record = atWork();
    if (record !== undefined) return record;
    member.thaw();
  }
}
