import type { Readable } from 'node:stream';

/** A longer line comes in pieces: whoever never breaks a line must not fill this process's memory. */
export const MAX_LINE_LENGTH = 256 * 1024;

/** A return at the very end may be the first half of a break whose second half is still to come. */
const BREAK = /\r\n|\n|\r(?!$)/;

/** Hands over the lines of a UTF-8 stream without their breaks; resolves when the stream is closed and all is handed over. */
export function followLines(stream: Readable, onLine: (line: string) => void): Promise<void> {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const lines = (rest + chunk).split(BREAK);
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
    while (rest.length > MAX_LINE_LENGTH) {
      onLine(rest.slice(0, MAX_LINE_LENGTH));
      rest = rest.slice(MAX_LINE_LENGTH);
    }
  });
  return new Promise((resolve) => {
    stream.once('close', () => {
      if (rest !== '') onLine(rest.replace(/\r$/, ''));
      resolve();
    });
  });
}
