/**
 * A run as a picture that stays: time to the right, and in each partition's band offsets upwards.
 *
 *     offset │      ■───────●──────   a record from when it was written, coloured by its key; a dot where a group has handled it
 *            │   ■────────●──●─────   two dots: twice
 *            │■──────●─────────────
 *            │      ┌──┘              the line: what the group has committed. What lies between it and the newest record is its lag
 *            └──────────────────────> time
 *               [A      ][B     ]     who reads the partition for the group
 *
 * The same events make the same bytes. Points that would lie on one another are drawn once, so it stays small.
 */
import escapeHtml from 'escape-html';
import type { LogEvent } from '../../local/events/event.ts';
import { doneBy, lagOf } from '../../local/events/frame.ts';
import { colourOf } from '../../local/events/key.ts';
import { type Band, getOr, MARKS, type Mark, type Span, type Story, storyOf } from './story.ts';

/** Pixels. */
const WIDTH = 920;
const LEFT = 96;
const RIGHT = 24;
const PLOT = WIDTH - LEFT - RIGHT;
/** A record's height, from which on more is told of it than that it is there. */
const LEGIBLE = 5;

/** Draws what happened, as an SVG document. */
export function drawTimeline(events: readonly LogEvent[], title: string): string {
  const story = storyOf(events);
  const groups = [...story.frame.groups.keys(), ...story.bands.flatMap((band) => [...band.groups.keys()])];
  const colour = new Map([...new Set(groups)].map((group, n) => [group, n % 4]));
  const span = Math.max(1, story.to - story.from);
  const x = (at: number) => round(LEFT + ((at - story.from) / span) * PLOT);

  const parts: string[] = [];
  let y = 34;
  const legend = legendOf(story, colour, y);
  parts.push(legend.svg);
  y = legend.y + 26;
  const top = y;
  let topic = '';
  for (const band of story.bands) {
    if (band.topic !== topic) {
      topic = band.topic;
      parts.push(text(12, y + 4, band.topic, 'strong'));
      y += 10;
    }
    const drawn = drawBand(band, { x, y, colour, end: story.to });
    parts.push(drawn.svg);
    y = drawn.y + 12;
  }
  for (const [code, times] of story.refused) {
    parts.push(text(12, y + 9, `${times.length} ${code}`, 'bad'));
    parts.push(path('refused', unique(times.map((at) => cross(Math.max(x(at), LEFT + 70), y + 5, 3)))));
    y += 20;
  }
  for (const [broker, states] of [...story.brokers].sort(([a], [b]) => a - b)) {
    parts.push(
      text(12, y + 9, `broker ${broker}`, 'dim'),
      spans(states, story.to, x, y, (state) => `b-${state.state}`),
    );
    y += 18;
  }
  const bottom = y;
  parts.push(axis(span, x, story.from, bottom));
  y += 34;
  const lines = story.steps.map(({ at }, n) => {
    const near = story.steps.slice(0, n).filter((other) => x(at) - x(other.at) < 15).length;
    const left = x(at) + near * 15;
    return `<path class="step" d="M${x(at)} ${top - 4}V${bottom}"/><circle class="number" cx="${left}" cy="${top - 10}" r="7"/>${text(left, top - 6.5, String(n + 1), 'in', 'middle')}`;
  });
  const sentences = story.steps.map((step, n) => {
    const line = text(LEFT, y, `${n + 1}  ${step.text}`.slice(0, 125), 'dim');
    y += 17;
    return line;
  });
  const height = Math.ceil(y + 2);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-labelledby="title desc">`,
    `<title id="title">${xml(title)}</title>`,
    `<desc id="desc">${xml(inWords(story))}</desc>`,
    `<style>${STYLE}</style>`,
    `<rect class="paper" width="${WIDTH}" height="${height}" rx="8"/>`,
    text(12, 22, title, 'title'),
    ...parts,
    ...lines,
    ...sentences,
    '</svg>\n',
  ].join('\n');
}

interface Place {
  readonly x: (at: number) => number;
  readonly y: number;
  readonly colour: ReadonlyMap<string, number>;
  /** When the story ends. */
  readonly end: number;
}

function drawBand(
  band: Band,
  { x: exactly, y, colour, end }: Place,
): { readonly svg: string; readonly y: number } {
  const written = band.records.map(({ offset }) => offset);
  const committed = [...band.groups.values()].flatMap((each) => each.committed.map(({ offset }) => offset));
  const low = written.reduce((a, b) => Math.min(a, b), written[0] ?? 0);
  const high = [...written.map((offset) => offset + 1), ...committed].reduce((a, b) => Math.max(a, b), low);
  const rows = Math.max(3, high - low);
  const height = Math.min(160, Math.max(24, rows * 9));
  const row = height / rows;
  const bottom = y + height;
  // Where records lie close together a pixel is all there is for many: they are drawn once.
  const fine = row >= LEGIBLE ? round : Math.round;
  const x = (at: number) => fine(exactly(at));
  const edge = (offset: number) => fine(bottom - Math.max(0, offset - low) * row);
  const middle = (offset: number) => fine(bottom - (offset - low + 0.5) * row);
  const size = row >= LEGIBLE ? round(Math.min(8, row - 1)) : 4;
  const cell = row >= LEGIBLE ? 'cell' : 'near';

  const parts = [
    `<rect class="band" x="${LEFT}" y="${y}" width="${PLOT}" height="${height}"/>`,
    text(LEFT - 8, y + height / 2 + 4, `partition ${band.partition}`, 'dim', 'end'),
  ];
  const cells = new Map<string, string[]>();
  const lives = new Map<string, string[]>();
  const losses: string[] = [];
  for (const { at, offset, key, gone } of band.records) {
    const [left, up] = [x(at), middle(offset)];
    getOr(cells, colourOf(key), () => []).push(
      `M${round(left - size / 2)} ${round(up - size / 2)}h${size}v${size}h${-size}z`,
    );
    if (row >= LEGIBLE) getOr(lives, colourOf(key), () => []).push(`M${left} ${up}H${x(gone?.at ?? end)}`);
    if (gone?.how === 'lost') losses.push(cross(x(gone.at), up, Math.max(2, size / 2 - 1)));
  }
  for (const [fill, drawn] of lives) parts.push(`<path class="life" stroke="${fill}" d="${unique(drawn)}"/>`);
  for (const [fill, drawn] of cells)
    parts.push(`<path class="${cell}" fill="${fill}" d="${unique(drawn)}"/>`);
  if (band.start.length > 0) {
    const first = band.start[0]?.at ?? end;
    const rise = band.start.map(({ at, offset }) => `H${x(at)}V${edge(offset)}`).join('');
    parts.push(path('gone', `M${x(first)} ${bottom}${rise}H${x(end)}V${bottom}z`));
  }
  parts.push(path('lost', unique(losses)));
  for (const [group, { committed, marks }] of band.groups) {
    const n = colour.get(group) ?? 0;
    const [first] = committed;
    if (first !== undefined) {
      const stairs = unique(committed.map(({ at, offset }) => `H${x(at)}V${edge(offset)}`));
      parts.push(path(`line g${n}`, `M${x(first.at)} ${edge(first.offset)}${stairs}H${x(end)}`));
    }
    for (const [mark, points] of marks) {
      // Where records lie close together the line says it.
      if (mark === 'done' && row < LEGIBLE) continue;
      const draw = SHAPES[mark];
      parts.push(
        path(`${mark} g${n}`, unique(points.map(({ at, offset }) => draw(x(at), middle(offset), 3)))),
      );
    }
  }
  let below = bottom + 3;
  if (band.leaders.length > 0) {
    parts.push(spans(band.leaders, end, x, below, (one) => `leads ${one.state}`));
    below += 14;
  }
  for (const [group, { owners }] of band.groups) {
    if (owners.length === 0) continue;
    parts.push(spans(owners, end, x, below, (owner) => `owner o${colour.get(group) ?? 0} ${owner.state}`));
    below += 14;
  }
  return { svg: parts.filter((part) => part !== '').join('\n'), y: below };
}

/** A bar for each state, until the next one or the end; nothing where there is nothing to say. */
function spans(
  all: readonly Span[],
  end: number,
  x: (at: number) => number,
  y: number,
  name: (span: Span) => string,
): string {
  return all
    .map((span, n) => {
      const [from, to] = [x(span.at), x(all[n + 1]?.at ?? end)];
      if (span.what === '' || to - from < 0.5) return '';
      const says = span.state === 'killed' ? `${span.what} †` : span.what;
      const label = to - from > says.length * 6 + 4 ? text(from + 4, y + 9, says, 'small') : '';
      return `<rect class="${name(span)}" x="${from}" y="${y}" width="${round(to - from)}" height="12" rx="3"/>${label}`;
    })
    .join('');
}

function axis(span: number, x: (at: number) => number, from: number, y: number): string {
  const every =
    [100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 60_000].find((one) => span / one <= 10) ?? 300_000;
  const ticks = Array.from({ length: Math.floor(span / every) + 1 }, (_, n) => n * every);
  return [
    path('axis', `M${LEFT} ${y}H${LEFT + PLOT}${ticks.map((tick) => `M${x(from + tick)} ${y}v4`).join('')}`),
    ...ticks.map((tick) => text(x(from + tick), y + 16, `${tick / 1_000} s`, 'dim', 'middle')),
  ].join('\n');
}

/** What stands for what: only what is there to be seen. */
function legendOf(
  { bands, frame }: Story,
  colour: ReadonlyMap<string, number>,
  y: number,
): { readonly svg: string; readonly y: number } {
  const records = bands.flatMap((band) => band.records);
  const marks = new Set(
    bands.flatMap((band) => [...band.groups.values()].flatMap((each) => [...each.marks.keys()])),
  );
  const keyed = [...new Set(records.map(({ key }) => key))].some((key) => key !== null);
  const entries: (readonly [string, (x: number, y: number) => string])[] = [];
  if (records.length > 0) {
    const fill = colourOf(records[0]?.key ?? null);
    entries.push([
      keyed ? 'record, coloured by its key' : 'record, without a key',
      (x, at) => `<path class="cell" fill="${fill}" d="M${x} ${at - 4}h8v8h-8z"/>`,
    ]);
  }
  for (const [group, n] of colour) {
    entries.push([`${group}: committed`, (x, at) => path(`line g${n}`, `M${x - 2} ${at}h12`)]);
  }
  const one = [...colour.values()][0] ?? 0;
  for (const mark of Object.keys(MARKS) as Mark[]) {
    if (!marks.has(mark)) continue;
    const draw = SHAPES[mark];
    entries.push([MARKS[mark], (x, at) => path(`${mark} g${one}`, draw(x + 4, at, 3))]);
  }
  if (records.some(({ gone }) => gone?.how === 'lost')) {
    entries.push(['written, and lost', (x, at) => path('lost', cross(x + 4, at, 3))]);
  }
  if (bands.some((band) => band.start.length > 0)) {
    entries.push([
      'no longer on the log',
      (x, at) => `<rect class="gone" x="${x}" y="${at - 4}" width="8" height="8"/>`,
    ]);
  }
  if ([...frame.groups].length > 0) {
    entries.push([
      'who reads it',
      (x, at) => `<rect class="owner o${one}" x="${x - 2}" y="${at - 5}" width="12" height="10" rx="3"/>`,
    ]);
  }
  const owners = bands.flatMap((band) => [...band.groups.values()].flatMap((each) => each.owners));
  if (owners.some(({ state }) => state === 'killed')) {
    entries.push([
      'killed, and its group has not noticed',
      (x, at) => `<rect class="killed" x="${x - 2}" y="${at - 5}" width="12" height="10" rx="3"/>`,
    ]);
  }
  let [left, line] = [12, y + 8];
  const svg = entries.map(([says, draw]) => {
    const width = 16 + says.length * 6.3 + 14;
    if (left + width > WIDTH - 8) [left, line] = [12, line + 18];
    const entry = draw(left, line) + text(left + 16, line + 4, says, 'dim');
    left += width;
    return entry;
  });
  return { svg: svg.join('\n'), y: line };
}

/** For who can't see it: what was done, and how it stood in the end. */
function inWords({ steps, frame }: Story): string {
  const sentences = steps.map(({ text }) => text);
  for (const [name, { lanes }] of frame.topics) {
    for (const [partition, lane] of [...lanes].sort(([a], [b]) => a - b)) {
      sentences.push(`Partition ${partition} of ${name} has offsets ${lane.start} to ${lane.end}`);
      for (const [group, reader] of lane.readers) {
        const lag = lagOf(lane, reader);
        sentences.push(
          `${group} has handled ${doneBy(reader)} there, ${reader.again} of them again, and lags by ${lag ?? 'nobody knows how many'}`,
        );
      }
    }
  }
  return `${sentences.join('. ')}.`;
}

const round = (value: number): number => Math.round(value * 10) / 10;
const dot = (x: number, y: number): string => `M${x} ${y}h0`;
const diamond = (x: number, y: number, r: number): string =>
  `M${x} ${round(y - r - 1)}l${r + 1} ${r + 1} ${-r - 1} ${r + 1} ${-r - 1} ${-r - 1}z`;
const cross = (x: number, y: number, r: number): string =>
  `M${round(x - r)} ${round(y - r)}l${2 * r} ${2 * r}m0 ${-2 * r}l${-2 * r} ${2 * r}`;
/** Around x and y, of the size r. */
const SHAPES: Record<Mark, (x: number, y: number, r: number) => string> = {
  done: dot,
  again: dot,
  duplicate: dot,
  retried: cross,
  'dead-letter': diamond,
};
const unique = (drawn: readonly string[]): string => [...new Set(drawn)].join('');
const path = (name: string, d: string): string => (d === '' ? '' : `<path class="${name}" d="${d}"/>`);
/** What XML has no letter for is left out. */
const xml = (said: string): string => escapeHtml(said.replace(/\p{Cc}|\p{Cs}/gu, ''));

function text(x: number, y: number, says: string, name: string, anchor?: 'middle' | 'end'): string {
  const at = anchor === undefined ? '' : ` text-anchor="${anchor}"`;
  return `<text class="${name}" x="${round(x)}" y="${round(y)}"${at}>${xml(says)}</text>`;
}

/** By class: how it looks on white, and what of that is otherwise on black. */
const STYLE = `
text{font:12px system-ui,sans-serif;fill:#1f2328}.title{font-size:15px;font-weight:600}.strong{font-weight:600}.dim{fill:#59636e}.small{font-size:10px}.in{font-size:10px;fill:#fff}
.bad{fill:#cf222e}.paper{fill:#fff}.band{fill:#f3f5f7}.step{stroke:#8c959f;stroke-dasharray:2 3;opacity:.7}.number{fill:#59636e}.axis{stroke:#8c959f;fill:none}
.life{stroke-width:1.5;opacity:.55}.cell{stroke:#1f2328;stroke-width:.4}.gone{fill:#8c959f;opacity:.35}
.line{fill:none;stroke-width:1.5}.done{stroke-width:4.5;stroke-linecap:round}.again{stroke-width:8;stroke-linecap:round}.duplicate{stroke-width:4.5;stroke-linecap:round;opacity:.5}
.retried,.lost,.refused{fill:none;stroke-width:1.6}.again,.lost,.refused{stroke:#cf222e}
.g0{stroke:#0550ae}.g1{stroke:#953800}.g2{stroke:#6639ba}.g3{stroke:#116329}.dead-letter{fill:#bf3989}.again.g0,.again.g1,.again.g2,.again.g3{stroke:#cf222e}
.owner,.leads,.b-up{opacity:.3}.o0{fill:#0969da}.o1{fill:#bc4c00}.o2{fill:#8250df}.o3{fill:#1a7f37}.leads{fill:#8c959f}.killed,.b-down{fill:#cf222e;opacity:.35}.b-up{fill:#1a7f37}.b-frozen{fill:#54aeff;opacity:.6}
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.dim{fill:#9198a1}.in{fill:#0d1117}.bad{fill:#ff7b72}.paper{fill:#0d1117}.band{fill:#181e26}.number{fill:#9198a1}.cell{stroke:none}
.g0{stroke:#79c0ff}.g1{stroke:#ffa657}.g2{stroke:#d2a8ff}.g3{stroke:#7ee787}.again,.lost,.refused,.again.g0,.again.g1,.again.g2,.again.g3{stroke:#ff7b72}.owner,.leads,.killed,.b-up,.b-down{opacity:.5}}
`;
