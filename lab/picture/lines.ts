/**
 * A run as lines for a pipe or a log: what is done, and what changes who reads what; of records only how many there were.
 *
 *      0.0 s  30 records with 5 keys are written
 *             orders: 30 written
 *      1.2 s  shipping: A reads 0 1 2
 */

import { printable, type Terminal } from '../../local/cli/terminal.ts';
import type { LogEvent } from '../../local/events/event.ts';

/** Records alone, without anything else to tell, are summed up so often. */
const SUM_UP_EVERY_MS = 10_000;

const FATES = {
  done: 'handled',
  retried: 'to be tried again',
  duplicate: 'recognised',
  'dead-letter': 'set aside',
} as const;

/** How a run is shown to somebody. */
export interface Picture {
  hear(event: LogEvent): void;
  /** Something that takes time, and that no event tells. */
  progress(text: string): void;
  /** Nothing more will come. */
  end(): void;
}

/** Says what happens, line by line; times are seconds since the first event. */
export function sayLines({ out: say, progress }: Terminal): Picture {
  let began: number | undefined;
  let summedUp = 0;
  const counts = new Map<string, Map<string, number>>();
  const owned = new Map<string, string>();

  const count = (whose: string, what: string) => {
    const mine = counts.get(whose) ?? new Map<string, number>();
    counts.set(whose, mine.set(what, (mine.get(what) ?? 0) + 1));
  };
  const sumUp = (at: number) => {
    for (const [whose, what] of counts) {
      const parts = [...what].map(([each, times]) => `${times} ${each}`);
      say(`${' '.repeat(11)}${whose}: ${parts.join(', ')}`);
    }
    counts.clear();
    summedUp = at;
  };
  const tell = ({ at }: LogEvent, text: string) => {
    sumUp(at);
    const seconds = ((at - (began ?? at)) / 1000).toFixed(1);
    say(`${seconds.padStart(7)} s  ${printable(text)}`);
  };

  return {
    progress,
    hear(event) {
      began ??= event.at;
      switch (event.type) {
        case 'step':
          return tell(event, event.text);
        case 'topic':
          return tell(event, `${event.topic} has ${counted(event.partitions, 'partition')}`);
        case 'assigned': {
          const { group, member, topic } = event;
          const what = event.partitions.join(' ');
          const whose = `${group}: ${member}`;
          if (owned.get(`${whose} ${topic}`) === what) return;
          owned.set(`${whose} ${topic}`, what);
          return tell(
            event,
            what === '' ? `${whose} has nothing to read` : `${whose} reads ${topic} ${what}`,
          );
        }
        case 'left':
          owned.forEach((_, name) => {
            if (name.startsWith(`${event.group}: ${event.member} `)) owned.delete(name);
          });
          return tell(
            event,
            `${event.group}: ${event.member} ${event.how === 'left' ? 'leaves' : 'is killed'}`,
          );
        case 'broker':
          return tell(event, `broker ${event.broker} is ${event.state}`);
        case 'leader': {
          const { topic, partition, leader, inSync } = event;
          const leads = leader === null ? 'has no leader' : `is led by broker ${leader}`;
          return tell(event, `${topic}-${partition} ${leads}, in sync: ${inSync.join(' ') || 'none'}`);
        }
        case 'log-start':
          return tell(event, `${event.topic}-${event.partition} begins at ${event.offset} now`);
        case 'log-end': {
          const left =
            event.kept === undefined ? '' : `, with ${counted(event.kept.length, 'record')} left before that`;
          return tell(event, `${event.topic}-${event.partition} ends at ${event.offset} now${left}`);
        }
        case 'appended':
          count(event.topic, 'written');
          break;
        case 'not-acknowledged':
          count(event.topic, event.code);
          break;
        case 'fate':
          if (event.fate !== 'delivered') count(event.group, FATES[event.fate]);
          break;
        case 'committed':
          break;
        default:
          return event satisfies never;
      }
      if (event.at - summedUp > SUM_UP_EVERY_MS) sumUp(event.at);
    },
    end: () => sumUp(0),
  };
}

const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`;
