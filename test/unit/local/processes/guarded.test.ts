import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { followLines, MAX_LINE_LENGTH } from '../../../../local/processes/guarded.ts';

async function linesOf(...chunks: readonly (string | Buffer)[]): Promise<string[]> {
  const stream = new PassThrough();
  const lines: string[] = [];
  const closed = followLines(stream, (line) => lines.push(line));
  for (const chunk of chunks) stream.write(chunk);
  stream.end();
  await closed;
  return lines;
}

const umlaut = Buffer.from('ä');

test.each<[string, (string | Buffer)[], string[]]>([
  ['a line in pieces', ['on', 'e\ntw', 'o\n'], ['one', 'two']],
  ['the last line without a break', ['one\ntwo'], ['one', 'two']],
  ['every kind of break', ['a\nb\r\nc\rd'], ['a', 'b', 'c', 'd']],
  ['a break in two pieces', ['a\r', '\nb\r'], ['a', 'b']],
  ['empty lines', ['\n\na'], ['', '', 'a']],
  ['a character in two pieces', [umlaut.subarray(0, 1), umlaut.subarray(1)], ['ä']],
  ['nothing', [], []],
])('%s', async (_what, chunks, lines) => {
  expect(await linesOf(...chunks)).toEqual(lines);
});

test('a line without an end is handed over in pieces', async () => {
  const chunk = 'x'.repeat(100_000);
  const lines = await linesOf(...Array.from({ length: 10 }, () => chunk), 'end\nnext');
  expect(lines.join('')).toBe(`${chunk.repeat(10)}endnext`);
  expect(lines.slice(0, 3).map(({ length }) => length)).toEqual(Array(3).fill(MAX_LINE_LENGTH));
  expect(lines.at(-1)).toBe('next');
});

test('a stream that is destroyed hands over what it had', async () => {
  const stream = new PassThrough();
  const lines: string[] = [];
  const closed = followLines(stream, (line) => lines.push(line));
  const arrived = new Promise((resolve) => stream.once('data', resolve));
  stream.write('half');
  await arrived;
  stream.destroy();
  await closed;
  expect(lines).toEqual(['half']);
});
