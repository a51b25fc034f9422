/** Letters as a person reads them, and as a script does. */
import { LETTER_STATUSES, type LetterStatus } from '../../functions/dead-letters/letter.ts';
import { bold, printable, table } from '../../local/cli/terminal.ts';
import { ORDERLY } from '../command-line.ts';
import { type LetterSummary, nameOf, type StoredLetter } from './letters-table.ts';

/** Letters as rows, one each. */
export function describeLetters(letters: readonly LetterSummary[]): string {
  const rows = letters.map((letter) => [
    printable(nameOf(letter)),
    letter.reason,
    printable(letter.error.code),
    letter.status,
    letter.attempts,
    letter.replays,
    second(letter.lastSeenAt),
  ]);
  const heading = ['letter', 'reason', 'code', 'status', 'given up', 'replays', 'last time (UTC)'];
  return table([heading, ...rows]);
}

/** What there is to say where no letter was found: in which statuses it was looked for, and how to see the others. */
export function describeNoLetter(statuses: readonly LetterStatus[]): string {
  const named = new Intl.ListFormat('en-GB', { type: 'disjunction' }).format(statuses);
  const others = LETTER_STATUSES.filter((status) => !statuses.includes(status));
  const options = others.map((status) => ` --status ${status}`).join('');
  return [
    `No dead letter was found that is ${named}.`,
    ...(others.length === 0 ? [] : [`  Others: ${ORDERLY} dead-letters list${options}`]),
  ].join('\n');
}

/** Everything that is known of a letter, its record's content included. */
export function describeLetter(letter: StoredLetter): string {
  return [
    bold(printable(nameOf(letter))),
    '',
    table(facts(letter).map(([name, text]) => [name, printable(text)])),
    ...section('Lambda', lambdaSays(letter)),
    ...content('Key', letter.key, decodeBytes(letter.key)),
    ...section('Headers', headerRows(letter)),
    ...content('Value', letter.value, decodeBytes(letter.value)),
    ...section('History', [table(letter.history.map(historyRow), '')]),
  ].join('\n');
}

function facts(letter: StoredLetter): [name: string, text: string][] {
  const { status, version, reason, error, attempts, replays, runId, reservedUntil } = letter;
  const { topic, partition, offset, timestamp, truncatedFrom, source } = letter;
  const run = runId === undefined ? '' : `, run ${runId}`;
  return [
    ['status', `${status}, version ${version}${run}`],
    ['reason', `${reason}: ${error.code}, ${error.detail}`],
    [
      'given up',
      `${attempts === 1 ? 'once' : `${attempts} times`}, first ${letter.firstSeenAt}, last ${letter.lastSeenAt}`,
    ],
    ['replays', String(replays)],
    ...(reservedUntil === undefined
      ? []
      : [['reserved', `until ${iso(reservedUntil)}`] satisfies [string, string]]),
    ['record', `topic ${topic}, partition ${partition}, offset ${offset}, ${iso(timestamp)}`],
    ...(truncatedFrom === undefined
      ? []
      : [['cut', `not all of it is here: its value had ${truncatedFrom} bytes`] satisfies [string, string]]),
    ...(source === undefined ? [] : [['source', source] satisfies [string, string]]),
  ];
}

function lambdaSays({ lambda }: StoredLetter): string[] {
  if (lambda === undefined) return [];
  const { condition, invocations, requestId, functionError, at } = lambda;
  const error = functionError === undefined ? '' : `, ${functionError}`;
  return [
    printable(
      `${condition} after ${invocations} invocations, the last one ${requestId}${error}; given up ${at}`,
    ),
  ];
}

function headerRows({ headers }: StoredLetter): string[] {
  if (headers.length === 0) return [];
  return [
    table(
      headers.map(({ name, value }) => {
        const { kind, lines } = decodeBytes(value);
        return [printable(name), kind === 'bytes' ? `${lines.join(' ')} (bytes)` : lines.join(' ')];
      }),
      '',
    ),
  ];
}

function historyRow(entry: StoredLetter['history'][number]): string[] {
  const { at, event, ...others } = entry;
  return [at, event, ...Object.values(others)].map((text) => printable(String(text)));
}

function content(title: string, bytes: Uint8Array | undefined, { kind, lines }: Decoded): string[] {
  const size =
    bytes === undefined || bytes.length === 0
      ? kind
      : `${bytes.length} ${bytes.length === 1 ? 'byte' : 'bytes'}, ${kind}`;
  return lines.length === 0 ? ['', `${bold(title)}  ${size}`] : section(`${title} (${size})`, lines);
}

function section(title: string, blocks: readonly string[]): string[] {
  if (blocks.length === 0) return [];
  const lines = blocks.flatMap((block) => block.split('\n'));
  return ['', bold(title), ...lines.map((line) => `  ${line}`)];
}

function second(text: string): string {
  return printable(text).slice(0, 19).replace('T', ' ');
}

/** A record's timestamp is whatever its producer said. */
function iso(milliseconds: number): string {
  const date = new Date(milliseconds);
  return Number.isNaN(date.getTime()) ? `timestamp ${milliseconds}` : date.toISOString();
}

/** Letter for scripts: bytes in base64, times in ISO 8601. */
export function letterJson({ key, value, headers, reservedUntil, ...letter }: StoredLetter): object {
  return {
    ...letter,
    ...(reservedUntil !== undefined && { reservedUntil: iso(reservedUntil) }),
    key: base64(key),
    value: base64(value),
    headers: headers.map((header) => ({ name: header.name, value: base64(header.value) })),
  };
}

function base64(bytes: Uint8Array | undefined): string | null {
  return bytes === undefined ? null : Buffer.from(bytes).toString('base64');
}

/** Bytes as a person can read them, safe for a terminal. */
export interface Decoded {
  readonly kind: 'null' | 'empty' | 'JSON' | 'text' | 'bytes';
  readonly lines: readonly string[];
}

/** Bytes shown of what is no text, 32 to a line. */
const BYTES_SHOWN = 512;
const BYTES_PER_LINE = 32;

/**
 * Decodes bytes as JSON, else as UTF-8, else shows them in hexadecimal.
 *
 * JSON is only laid out where that changes nothing but white space: a number that JavaScript rounds, or a name that
 * comes twice, may be why the letter is here.
 *
 * @param bytes `undefined` is Kafka's null
 */
export function decodeBytes(bytes: Uint8Array | undefined): Decoded {
  if (bytes === undefined) return { kind: 'null', lines: [] };
  if (bytes.length === 0) return { kind: 'empty', lines: [] };
  const text = utf8(bytes);
  if (text === undefined) return { kind: 'bytes', lines: hexadecimal(bytes) };
  const layout = layoutOf(text);
  const [kind, shown] = layout === undefined ? (['text', text] as const) : (['JSON', layout] as const);
  return { kind, lines: shown.split('\n').map(printable) };
}

function utf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** JSON with a line for every member; as it stands where that would change more than white space. */
function layoutOf(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return JSON.stringify(value) === text ? JSON.stringify(value, null, 2) : text;
  } catch {
    return undefined;
  }
}

function hexadecimal(bytes: Uint8Array): string[] {
  const shown = Buffer.from(bytes.subarray(0, BYTES_SHOWN));
  const lines: string[] = [];
  for (let from = 0; from < shown.length; from += BYTES_PER_LINE) {
    const line = shown.subarray(from, from + BYTES_PER_LINE).toString('hex');
    lines.push((line.match(/.{2}/g) ?? []).join(' '));
  }
  const more = bytes.length - shown.length;
  return more > 0 ? [...lines, `and ${more} bytes more`] : lines;
}
