/**
 * A frame as lines of a terminal: a lane for each partition, and below it what each group has made of its records.
 *
 *     orders  30 records
 *      0    1  4  1  4  1  4    6 records
 *           ✓  ✓  2  • │        shipping A   lag 2
 *
 * A cell says its key in a letter or two, so that nothing is lost without colours.
 */
import { styleText } from 'node:util';
import {
  type Cell,
  doneBy,
  type Frame,
  type Group,
  type Lane,
  lagOf,
  ownerOf,
  type Reader,
  recordsOn,
  type Topic,
} from '../../local/events/frame.ts';
import { colourOf, hueOf, shortKey } from '../../local/events/key.ts';

export interface Screen {
  readonly columns: number;
  readonly rows: number;
  /** Bits of colour: 1 is none, 4 has names for some, 24 has all (`getColorDepth` of a tty). */
  readonly colours: number;
}

type Style = 'bold' | 'dim' | 'green' | 'yellow' | 'cyan' | 'magenta' | 'red';
/** A piece of a line: its text, and how it looks; a key's cell has the key's colour. */
type Span = { readonly text: string; readonly style?: Style; readonly key?: string | null };
type Line = readonly Span[];

const plain = (text: string): Span => ({ text });
const styled = (style: Style, text: string): Span => ({ style, text });

/** What of a record a group has made, or the log itself: a mark, and what it says. */
const MARKS = {
  done: { mark: '✓', style: 'green', says: 'handled' },
  again: { mark: '2', style: 'yellow', says: 'times handled' },
  delivered: { mark: '•', style: 'cyan', says: 'begun' },
  retried: { mark: '↻', style: 'yellow', says: 'to be tried again' },
  duplicate: { mark: '=', style: 'green', says: 'recognised, nothing done' },
  'dead-letter': { mark: '†', style: 'magenta', says: 'set aside' },
  passed: { mark: '○', style: 'red', says: 'committed and not handled' },
  forgotten: { mark: '·', style: 'dim', says: 'no longer on the log' },
  lost: { mark: '×', style: 'red', says: 'written, and lost' },
} as const satisfies Record<string, { mark: string; style: Style; says: string }>;
type Mark = keyof typeof MARKS;

const BROKERS = { up: 'green', frozen: 'cyan', down: 'red' } as const;

/** Draws a frame: never wider nor taller than the screen. Where it is low, lanes alone, without what groups make of them. */
export function drawLanes(frame: Frame, screen: Screen): string {
  const whole = linesOf(frame, screen, true);
  const lines = whole.length <= screen.rows ? whole : linesOf(frame, screen, false);
  const hidden = lines.length - screen.rows;
  const shown =
    hidden <= 0
      ? lines
      : [...lines.slice(0, screen.rows - 1), [styled('dim', `… ${hidden + 1} lines more than fit in here`)]];
  return shown.map((line) => paint(cut(line, screen.columns), screen.colours)).join('\n');
}

function linesOf(frame: Frame, { columns }: Screen, withReaders: boolean): Line[] {
  const marks = new Set<Mark>();
  const lanes = [...frame.topics.values()].flatMap((topic) => [...topic.lanes.values()]);
  const cells = lanes.flatMap((lane) => lane.cells);
  const label = Math.max(1, ...cells.map(({ key }) => shortKey(key).length));
  const isMuch = lanes.some((lane) => lane.readers.size > 0 || lane.leader !== undefined);
  const beside = !isMuch || columns < 60 ? 14 : columns < 90 ? 26 : 38;
  // Records are counted from 0; a lane is as wide as what there is to show, so that what stands beside it is near.
  const longest = Math.max(6, ...lanes.map((lane) => Math.max(lane.end, lastOf(lane) + 1) - firstOf(lane)));
  const width = Math.min(longest, Math.max(1, Math.floor((columns - GUTTER - beside) / (label + 1))));

  const lines: Line[] = [];
  for (const [name, topic] of frame.topics) {
    lines.push([styled('bold', name), plain('  '), ...topicState(topic)]);
    for (const [partition, lane] of [...topic.lanes].sort(([a], [b]) => a - b)) {
      const first = Math.max(firstOf(lane), Math.max(lane.end, lastOf(lane) + 1) - width);
      const view = { lane, first, width, label, marks };
      lines.push([
        plain(`${String(partition).padStart(GUTTER - 2)} ${first > lane.start ? '…' : ' '}`),
        ...row(view, (cell, offset) => recordSpan(cell, offset, view)),
        plain('  '),
        ...laneState(lane),
      ]);
      if (!withReaders) continue;
      for (const [group, reader] of lane.readers) {
        lines.push([
          plain(' '.repeat(GUTTER)),
          ...row(view, (cell) => fateSpan(cell, group, reader, view), reader.committed?.offset),
          plain('  '),
          ...readerState(group, reader, lane, frame.groups.get(group), name, partition, beside),
        ]);
      }
    }
  }
  if (frame.groups.size > 0) lines.push([]);
  for (const [name, group] of frame.groups) lines.push(groupState(name, group, frame));
  if (frame.brokers.size > 0) {
    const brokers = [...frame.brokers].sort(([a], [b]) => a - b);
    lines.push(
      [],
      [
        plain('brokers'),
        ...brokers.flatMap(([broker, { state }]) => [plain(`   ${broker} `), styled(BROKERS[state], state)]),
      ],
    );
  }
  const legend = (Object.keys(MARKS) as Mark[])
    .filter((mark) => marks.has(mark))
    .map((mark) => `${MARKS[mark].mark} ${MARKS[mark].says}`);
  if (withReaders && frame.groups.size > 0) legend.push('│ committed');
  if (legend.length > 0) lines.push([], [styled('dim', legend.join('   '))]);
  return lines;
}

/** Columns before a lane's first cell. */
const GUTTER = 5;

/** Which part of a lane is shown: `width` records from the offset `first`. */
interface View {
  readonly lane: Lane;
  readonly first: number;
  readonly width: number;
  /** Columns of a key. */
  readonly label: number;
  /** Collects what has to be explained below. */
  readonly marks: Set<Mark>;
}

const firstOf = (lane: Lane): number => Math.min(lane.start, lane.cells[0]?.offset ?? lane.start);
const lastOf = (lane: Lane): number => lane.cells.at(-1)?.offset ?? -1;

/** A span for each record, with a column before each; the bar stands before the record with the offset `bar`, or points to it. */
function row(
  { lane, first, width }: View,
  draw: (cell: Cell | undefined, offset: number) => Span,
  bar?: number,
): Span[] {
  const cells = new Map(lane.cells.map((cell) => [cell.offset, cell]));
  const spans: Span[] = [];
  for (let offset = first; offset <= first + width; offset++) {
    const isBefore = offset === first && bar !== undefined && bar < first;
    spans.push(offset === bar ? styled('bold', '│') : plain(isBefore ? '‹' : ' '));
    if (offset < first + width) spans.push(draw(cells.get(offset), offset));
  }
  return spans;
}

function recordSpan(cell: Cell | undefined, offset: number, { lane, label, marks }: View): Span {
  if (cell?.state === 'there') return { key: cell.key, text: shortKey(cell.key).padStart(label) };
  const isOn = offset >= lane.start && offset < lane.end;
  if (cell === undefined) return plain((isOn ? '▫' : ' ').padStart(label));
  marks.add(cell.state);
  return styled(MARKS[cell.state].style, MARKS[cell.state].mark.padStart(label));
}

function fateSpan(cell: Cell | undefined, group: string, reader: Reader, { label, marks }: View): Span {
  const mark = cell === undefined ? undefined : markOf(cell, group, reader);
  if (cell === undefined || mark === undefined) return plain(' '.repeat(label));
  marks.add(mark);
  const times = cell.fates.get(group)?.done ?? 0;
  return styled(
    MARKS[mark].style,
    (mark === 'again' ? (times > 9 ? '+' : String(times)) : MARKS[mark].mark).padStart(label),
  );
}

function markOf(cell: Cell, group: string, { committed, from }: Reader): Mark | undefined {
  const said = cell.fates.get(group);
  if (said !== undefined && said.done > 1) return 'again';
  if (said?.fate === 'done' || said?.fate === 'duplicate' || said?.fate === 'dead-letter') return said.fate;
  if (said !== undefined && said.done > 0) return 'done';
  if (from !== undefined && cell.offset >= from && cell.offset < (committed?.offset ?? 0)) return 'passed';
  return said?.fate;
}

function topicState({ lanes, notAcknowledged }: Topic): Span[] {
  const records = [...lanes.values()].reduce((sum, lane) => sum + recordsOn(lane), 0);
  return [
    styled('dim', counted(records, 'record')),
    ...[...notAcknowledged].map(([code, count]) => styled('red', `   ${count} ${code}`)),
  ];
}

function laneState(lane: Lane): Span[] {
  const records = recordsOn(lane);
  const from = lane.start > 0 ? ` from ${lane.start}` : '';
  if (lane.leader === undefined) return [styled('dim', `${counted(records, 'record')}${from}`)];
  const { leader, inSync } = lane.leader;
  return [
    styled('dim', `${records}${from}  `),
    leader === null ? styled('red', 'no leader') : plain(`leader ${leader}`),
    styled('dim', `  in sync ${inSync.join(' ') || 'none'}`),
  ];
}

function readerState(
  name: string,
  reader: Reader,
  lane: Lane,
  group: Group | undefined,
  topic: string,
  partition: number,
  beside: number,
): Span[] {
  const owner = group === undefined ? undefined : ownerOf(group, topic, partition);
  const isKilled = owner !== undefined && group?.members.get(owner)?.state === 'killed';
  const lag = lagOf(lane, reader);
  const behind = lag === undefined ? '' : `  lag ${lag}`;
  const whose = owner === undefined ? '' : ` ${owner}`;
  const room = Math.max(4, beside - behind.length - whose.length - 2);
  return [
    plain(name.length > room ? `${name.slice(0, room - 1)}…` : name),
    isKilled ? styled('red', `${whose}†`) : styled('bold', whose),
    styled(lag === 0 || lag === undefined ? 'dim' : 'yellow', behind),
  ];
}

function groupState(name: string, { members }: Group, frame: Frame): Line {
  const spans: Span[] = [styled('bold', name)];
  for (const [member, { state, owns }] of [...members].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const owned = [...owns].flatMap(([topic, { partitions }]) =>
      partitions.map((partition) => (frame.topics.size > 1 ? `${topic}-${partition}` : String(partition))),
    );
    const what = state === 'there' ? owned.join(' ') || 'idle' : [state, ...owned].join(' ');
    spans.push(
      plain('   '),
      state === 'killed' ? styled('red', `${member} ${what}`) : plain(`${member} ${what}`),
    );
  }
  const readers = [...frame.topics.values()]
    .flatMap((topic) => [...topic.lanes.values()])
    .flatMap((lane) => lane.readers.get(name) ?? []);
  const sum = (count: (reader: Reader) => number) => readers.reduce((all, reader) => all + count(reader), 0);
  const counts: readonly (readonly [number, string, Style?])[] = [
    [sum(doneBy), 'handled', 'dim'],
    [sum((reader) => reader.again), 'again', 'yellow'],
    [sum((reader) => reader.duplicates), 'recognised', 'dim'],
    [sum((reader) => reader.retried), 'retried', 'yellow'],
    [sum((reader) => reader.deadLetters), 'set aside', 'magenta'],
    [sum((reader) => reader.missed), 'missed', 'red'],
  ];
  for (const [count, what, style = 'dim'] of counts) {
    if (count > 0) spans.push(styled(style, `   ${count} ${what}`));
  }
  return spans;
}

const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`;

/** The spans, or as much of them as fits. */
function cut(line: Line, columns: number): Line {
  let left = columns;
  const fitting: Span[] = [];
  for (const span of line) {
    if ((span.text.length >= left && span !== line.at(-1)) || span.text.length > left) {
      fitting.push({ ...span, text: `${span.text.slice(0, Math.max(0, left - 1))}…` });
      break;
    }
    fitting.push(span);
    left -= span.text.length;
  }
  return fitting;
}

function paint(line: Line, colours: number): string {
  return line
    .map((span) => (colours > 1 ? coloured(span, colours) : span.text))
    .join('')
    .trimEnd();
}

function coloured({ text, style, key }: Span, colours: number): string {
  const format = { validateStream: false };
  if (key !== undefined) {
    // Turned around, since the text is what has the colour's full range.
    const colour =
      colours >= 24 ? (colourOf(key) as `#${string}`) : key === null ? 'white' : nearest(hueOf(key));
    return styleText([colour, 'bgBlack', 'inverse'], text, format);
  }
  return style === undefined ? text : styleText(style, text, format);
}

/** Of the colours that every terminal has by name. */
function nearest(hue: number): (typeof NAMED)[number] {
  return NAMED[Math.round(hue / 60) % NAMED.length] ?? 'redBright';
}

const NAMED = [
  'redBright',
  'yellowBright',
  'greenBright',
  'cyanBright',
  'blueBright',
  'magentaBright',
] as const;
