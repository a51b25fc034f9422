import { describe, expect, it } from 'vitest';
import {
  decodeBytes,
  describeLetter,
  describeLetters,
  describeNoLetter,
  letterJson,
} from '../../../../cli/dead-letters/describe-letter.ts';
import type { RunId } from '../../../../cli/dead-letters/transitions.ts';
import { LETTER_STATUSES } from '../../../../functions/dead-letters/letter.ts';
import { aLetter } from '../../../support/stored-letters.ts';

describe('bytes', () => {
  it.each([
    ['null', undefined, 'null', []],
    ['nothing', '', 'empty', []],
    ['JSON', '{"a":[1]}', 'JSON', ['{', '  "a": [', '    1', '  ]', '}']],
    ['JSON with spaces of its own', '{ "a": 1 }', 'JSON', ['{ "a": 1 }']],
    ['a number that JavaScript would round', '{"a":9007199254740993}', 'JSON', ['{"a":9007199254740993}']],
    ['a name that comes twice', '{"a":1,"a":2}', 'JSON', ['{"a":1,"a":2}']],
    ['text of two lines', 'a\nb\t\u001b[2J', 'text', ['a', 'b\\u{9}\\u{1b}[2J']],
    ['text that turns the line around', 'a\u202eb', 'text', ['a\\u{202e}b']],
    ['JSON that turns the line around', '{"a":"\u202e"}', 'JSON', ['{', '  "a": "\\u{202e}"', '}']],
  ])('%s', (_name, text, kind, lines) => {
    const bytes = text === undefined ? undefined : Buffer.from(text);
    expect(decodeBytes(bytes)).toEqual({ kind, lines });
  });

  it('that are no text are shown in hexadecimal, up to 512 of them', () => {
    expect(decodeBytes(Uint8Array.of(0x1f, 0x8b, 0))).toEqual({ kind: 'bytes', lines: ['1f 8b 00'] });
    const { lines } = decodeBytes(new Uint8Array(600).fill(255));
    expect(lines).toHaveLength(17);
    expect(lines.at(-1)).toBe('and 88 bytes more');
  });
});

describe('no letter', () => {
  it('says where it was looked for, and how to see the others', () => {
    expect(describeNoLetter(['OPEN', 'REPLAYING', 'PARKED'])).toBe(
      [
        'No dead letter was found that is OPEN, REPLAYING or PARKED.',
        '  Others: npx orderly dead-letters list --status REPLAYED --status DISCARDED',
      ].join('\n'),
    );
    expect(describeNoLetter(LETTER_STATUSES)).not.toContain('Others');
  });
});

describe('a letter', () => {
  const letter = aLetter({
    status: 'REPLAYING',
    runId: 'run-1' as RunId,
    reservedUntil: Date.parse('2026-03-01T12:05:00.000Z'),
    key: undefined,
    headers: [
      { name: 'content-type', value: Buffer.from('application/json') },
      { name: 'raw', value: Uint8Array.of(255, 1) },
      { name: 'empty', value: Uint8Array.of() },
    ],
    lambda: {
      condition: 'RetriesExhausted',
      invocations: 31,
      requestId: 'request-1',
      functionError: 'Unhandled',
      at: '2026-03-01T11:59:00.000Z',
    },
    source: 'orders.dead-letters-0@7',
    truncatedFrom: 300_000,
  });

  it('is shown with all that is known of it', () => {
    const text = describeLetter(letter);
    for (const part of [
      /status +REPLAYING, version 1, run run-1/,
      /reason +unexpected: TypeError, at x/,
      /reserved +until 2026-03-01T12:05:00.000Z/,
      /record +topic orders, partition 0, offset 41, 2026-03-01T12:00:00.000Z/,
      /cut +not all of it is here: its value had 300000 bytes/,
      /source +orders.dead-letters-0@7/,
      /RetriesExhausted after 31 invocations, the last one request-1, Unhandled; given up 2026-03-01T11:59/,
      /Key {2}null/,
      /content-type +application\/json/,
      /raw +ff 01 \(bytes\)/,
      /Value \(7 bytes, JSON\)\n {2}\{\n {4}"a": 1\n {2}\}/,
      /2026-03-01T12:00:00.000Z +DEAD_LETTERED/,
    ]) {
      expect(text).toMatch(part);
    }
  });

  it('counts one byte as one', () => {
    expect(describeLetter(aLetter({ key: Buffer.from('x') }))).toContain('Key (1 byte, text)');
  });

  it('can neither move the cursor nor turn a line around, wherever it says so', () => {
    const evil = '\u001b[2J\u202e';
    const bytes = Buffer.from(evil);
    const hostile = aLetter({
      consumer: evil,
      recordId: evil,
      topic: evil,
      error: { code: evil, detail: evil },
      key: bytes,
      value: bytes,
      headers: [{ name: evil, value: bytes }],
      firstSeenAt: evil,
      lastSeenAt: evil,
      source: evil,
      runId: evil as RunId,
      timestamp: 1e20,
      lambda: { condition: evil, invocations: 1, requestId: evil, functionError: evil, at: evil },
      history: [{ at: evil, event: evil, reason: evil, more: 7 }],
    });
    for (const text of [describeLetter(hostile), describeLetters([hostile])]) {
      expect(text).toContain('\\u{1b}[2J');
      // biome-ignore lint/suspicious/noControlCharactersInRegex: this is what must not be there.
      expect(text).not.toMatch(/\u001b\[2J|\u202e/);
    }
  });

  it('is for scripts with its bytes in base64', () => {
    expect(letterJson(letter)).toMatchObject({
      recordId: letter.recordId,
      key: null,
      value: 'eyJhIjoxfQ==',
      headers: [{ name: 'content-type' }, { name: 'raw', value: '/wE=' }, { name: 'empty', value: '' }],
      reservedUntil: '2026-03-01T12:05:00.000Z',
      lambda: { condition: 'RetriesExhausted' },
    });
  });
});
