import { styleText } from 'node:util';

/** Where a command writes. `out` is the answer, `progress` goes to standard error so that answers can be piped. */
export interface Terminal {
  out(text: string): void;
  progress(text: string): void;
  error(text: string): void;
}

/** The terminal of this process. Who stops reading (`millrace logs | head -1`) doesn't stop the work; nothing more is told to him. */
export function processTerminal(): Terminal {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
  return {
    out: (text) => process.stdout.write(`${text}\n`),
    progress: (text) => process.stderr.write(`${dim(text)}\n`),
    error: (text) => process.stderr.write(`${text}\n`),
  };
}

/** Resolves when what was written has left this process, or nobody is there to take it. */
export async function flushed(): Promise<void> {
  const written = [process.stdout, process.stderr].map(
    (stream) => new Promise<void>((resolve) => stream.write('', () => resolve())),
  );
  await Promise.all(written);
}

/** A terminal that nobody sees; `written` is what was answered. */
export function capturing(): { readonly terminal: Terminal; written(): string } {
  const lines: string[] = [];
  const nothing = () => undefined;
  return {
    terminal: { out: (text) => lines.push(text), progress: nothing, error: nothing },
    written: () => lines.join('\n'),
  };
}

/** `styleText` itself leaves the text plain where the stream is no terminal or NO_COLOR is set. */
export const bold = (text: string): string => styleText('bold', text, { stream: process.stdout });
export const green = (text: string): string => styleText('green', text, { stream: process.stdout });
export const red = (text: string): string => styleText('red', text, { stream: process.stdout });
const dim = (text: string): string => styleText('dim', text, { stream: process.stderr });

/** Rows as aligned columns; numbers to the right. The first row is the heading. */
export function table(rows: readonly (readonly (string | number)[])[], indent = '  '): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, String(cell).length);
    });
  }
  const numeric = widths.map((_, column) => rows.slice(1).every((row) => isNumeric(row[column])));
  const line = (row: readonly (string | number)[]) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return numeric[column] ? String(cell).padStart(width) : String(cell).padEnd(width);
      })
      .join('  ')
      .trimEnd();
  return rows.map((row) => `${indent}${line(row)}`).join('\n');
}

const isNumeric = (cell: string | number | undefined): boolean =>
  cell === undefined || cell === '' || cell === '–' || /^[\d.,]+( ?(ms|s|%|MiB))?$/.test(String(cell));

/**
 * Text from outside made safe for a terminal: control and bidirectional formatting characters show as `\u{1b}`, so that
 * a customer's name can neither move the cursor nor reorder the line.
 */
export function printable(text: string): string {
  return text.replace(
    /[\p{Cc}\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}

/** `850 ms`, `12.3 s`. */
export function duration(milliseconds: number): string {
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}
