/** What a client's events are to a person who has it in a terminal: lines, one after the other. */
import { printable } from '../../local/cli/terminal.ts';
import type { LogEvent } from '../../local/events/event.ts';

/** Lines for what a producer tells. */
export function producerLines(): (event: LogEvent) => string[] {
  return (event) => {
    if (event.type === 'appended') return [recordLine(event, event.text)];
    if (event.type === 'not-acknowledged')
      return [
        `not acknowledged: a record of ${event.key ?? 'no key'} (${event.code}); it may lie on the log or not`,
      ];
    return event.type === 'step' ? [event.text] : [];
  };
}

/** Lines for what one member of a group tells: at each rebalance what it got and what it lost, and each record that it has handled. */
export function memberLines(): (event: LogEvent) => string[] {
  let owned: readonly number[] | undefined;
  /** A record between its two steps, work and commit, and how many of them are to come. */
  let inHand: { readonly place: string; readonly left: number } | undefined;
  const stepped = () => {
    inHand = inHand?.left === 2 ? { ...inHand, left: 1 } : undefined;
  };
  const committed = new Map<string, number>();
  const seen = new Set<string>();
  return (event) => {
    switch (event.type) {
      case 'assigned': {
        const line = assignmentLine(event, owned);
        // What the group has committed of those that are lost is others' from here on.
        for (const partition of owned ?? [])
          if (!event.partitions.includes(partition)) committed.delete(`${event.topic}-${partition}`);
        owned = event.partitions;
        return [line];
      }
      case 'fate': {
        const place = `${event.topic}-${event.partition}@${event.offset}`;
        if (event.fate === 'delivered') inHand = { place, left: 2 };
        if (event.fate !== 'done') return [];
        stepped();
        const again = seen.has(place) ? '  again' : '';
        seen.add(place);
        return [`${recordLine(event, event.text)}${again}`];
      }
      case 'committed':
        committed.set(`${event.topic}-${event.partition}`, event.offset);
        stepped();
        return [];
      case 'left': {
        owned = undefined;
        const offsets = [...committed].toSorted().map(([partition, offset]) => `${partition}@${offset}`);
        const done = offsets.length === 0 ? 'nothing' : offsets.join(', ');
        if (event.how === 'left') return [`${event.member} has left ${event.group}; it committed ${done}`];
        const middle = inHand === undefined ? '' : ` in the middle of ${inHand.place}`;
        return [
          `${event.member} is gone${middle}, and its group notices by its silence alone; it committed ${done}`,
        ];
      }
      default:
        return [];
    }
  };
}

function assignmentLine(
  { member, group, topic, partitions }: Extract<LogEvent, { type: 'assigned' }>,
  before: readonly number[] | undefined,
): string {
  const listed = (some: readonly number[]) => some.toSorted((one, other) => one - other).join(', ');
  const reads = partitions.length === 0 ? 'no partition' : `${topic} ${listed(partitions)}`;
  if (before === undefined) return `${member} has joined ${group}: it reads ${reads}`;
  const lost = before.filter((partition) => !partitions.includes(partition));
  const got = partitions.filter((partition) => !before.includes(partition));
  const changes = [
    ...(lost.length > 0 ? [`lost ${listed(lost)}`] : []),
    ...(got.length > 0 ? [`got ${listed(got)}`] : []),
  ];
  return `rebalance: ${member} reads ${reads}; ${changes.length === 0 ? 'nothing changed' : changes.join(', ')}`;
}

function recordLine(
  {
    topic,
    partition,
    offset,
    key,
  }: { topic: string; partition: number; offset: number; key?: string | null | undefined },
  text: string | undefined,
): string {
  const place = `${topic}-${partition}@${offset}`.padEnd(topic.length + 6);
  return `${place}  ${printable(key ?? '–').padEnd(6)}  ${printable(text ?? '')}`.trimEnd();
}

/** What a person has to know of what kafkajs complains of; undefined for the rest, which it deals with by itself. */
export function troubleOf(complaint: string): 'away' | 'taken for dead' | 'out of range' | undefined {
  if (/Connection (error|timeout)|Failed to connect|ECONNREFUSED/.test(complaint)) return 'away';
  if (complaint.includes('not aware of this member')) return 'taken for dead';
  return complaint.includes('Offset out of range') ? 'out of range' : undefined;
}
