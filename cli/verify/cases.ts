/** What the probe's consumer is made to do, and what the emulator's rules say that comes of it. */
import { z } from 'zod';

/** What one invocation of the probe's consumer was given of a case. */
export const Invocation = z.object({
  case: z.string(),
  requestId: z.string(),
  /** ISO 8601. */
  at: z.string(),
  /** Names of the event's fields, sorted. */
  fields: z.array(z.string()),
  records: z.array(
    z.object({
      /** Which record of its case. */
      n: z.int(),
      offset: z.int(),
      /** Counts from 1. */
      attempt: z.int(),
      /** The bytes of its header `probe-bytes`. */
      bytes: z.array(z.number()).optional(),
    }),
  ),
});
export type Invocation = z.infer<typeof Invocation>;

/** A message that Lambda wrote to the dead-letter topic about a case. */
export interface DeadLetterMessage {
  /** The message's own key. */
  readonly key: string;
  /** Its value; JSON as far as is known. */
  readonly value: string;
}

/** All that was seen of a case so far; invocations in the order of their time. */
export interface Evidence {
  readonly invocations: readonly Invocation[];
  readonly deadLetters: readonly DeadLetterMessage[];
  /** The key of the case's records. */
  readonly recordKey: string;
}

/** What a record wants of the invocations that it is in, the first one and so on; the last stands for all that follow. */
type Script = readonly ('ok' | 'fail' | 'throw' | 'exit' | 'malformed')[];

/** A rule of the emulator held against what was seen. */
interface Check {
  /** Of docs/emulation.md. */
  readonly rule: string;
  readonly about: string;
  /** What the emulator does. */
  readonly here: string;
  /** What was seen, in the same words; undefined if it can't be told. */
  readonly seen: (evidence: Evidence) => string | undefined;
  /** What hasn't happened when the time is over is an answer too. @default - it can't be told then */
  readonly untilTheEnd?: true;
  /** What makes the emulator do the other thing, where something does. */
  readonly otherwise?: string;
}

/** Records that come together, and what their mapping makes of them. */
export interface Case {
  readonly name: string;
  readonly scripts: readonly Script[];
  /** Whether all has happened that is looked for. */
  readonly isOver: (evidence: Evidence) => boolean;
  readonly checks: readonly Check[];
}

const OK: Script = ['ok'];

/** The text behind which Lambda's spelling of the header byte is looked for: two bytes above 127 in UTF-8. */
export const HEADER_TEXT = 'ë';

const Envelope = z.looseObject({
  requestContext: z.looseObject({ condition: z.string() }),
  responseContext: z.looseObject({ functionError: z.string().optional() }).nullable(),
  KafkaBatchInfo: z.looseObject({ recordInfo: z.unknown().optional(), recordsInfo: z.unknown().optional() }),
});

const envelopesIn = ({ deadLetters }: Evidence) =>
  deadLetters.flatMap(({ value }) => {
    try {
      return [Envelope.parse(JSON.parse(value))];
    } catch {
      return [];
    }
  });

/** Without an envelope that can be read nothing is told of it. */
function envelopes(tell: (envelope: z.infer<typeof Envelope>) => string) {
  return (evidence: Evidence): string | undefined => {
    const told = new Set(envelopesIn(evidence).map(tell));
    return told.size === 0 ? undefined : [...told].sort().join(', ');
  };
}

const namedOnce: Case = {
  name: 'one of five records is named as a batch item failure, once',
  scripts: [OK, OK, ['fail', 'ok'], OK, OK],
  isOver: (evidence) => withRecord(evidence, 2).length > 1,
  checks: [
    {
      rule: 'R8',
      about: 'what comes again',
      here: 'record 2',
      otherwise: '"emulation": {"partialResponse": "checkpoint"} in millrace.json',
      seen(evidence) {
        const [first, second] = withRecord(evidence, 2);
        // Records behind it come in any case, if they were not there the first time.
        if (first === undefined || second === undefined || numbersIn(first).at(-1) !== 4) return undefined;
        const again = numbersIn(second);
        return again.length === 1 ? 'record 2' : `records ${again.join(', ')}`;
      },
    },
    {
      rule: 'E1',
      about: 'fields of the event',
      here: 'bootstrapServers, eventSource, eventSourceArn, records',
      seen: ({ invocations: [first] }) => first?.fields.join(', '),
    },
    {
      rule: 'R11',
      about: 'fields of an event that comes again',
      here: 'bootstrapServers, eventSource, eventSourceArn, records',
      otherwise: '"emulation": {"redelivery": "records-only"} in millrace.json',
      seen: (evidence) => withRecord(evidence, 2)[1]?.fields.join(', '),
    },
    {
      rule: 'E3',
      about: `bytes of the header "${HEADER_TEXT}"`,
      here: '-61, -85',
      seen: ({ invocations: [first] }) => first?.records[0]?.bytes?.join(', '),
    },
  ],
};

const namedAlways: Case = {
  name: 'two of four records are named every time',
  scripts: [OK, ['fail'], ['fail'], OK],
  isOver: ({ deadLetters }) => [1, 2].every((n) => tellsOf(deadLetters, n)),
  checks: [
    {
      rule: 'R1',
      about: 'invocations with a record, MaximumRetryAttempts 2',
      here: '3',
      seen: (evidence) => String(withRecord(evidence, 1).length),
    },
    {
      rule: 'R9',
      about: 'messages for two records that are given up',
      here: '2',
      otherwise: '"emulation": {"deadLetters": "per-group"} in millrace.json',
      seen: ({ deadLetters }) => String(deadLetters.length),
    },
    {
      rule: 'R9',
      about: 'key of a message',
      here: 'that of the record',
      otherwise: '"emulation": {"deadLetters": "per-group"} in millrace.json',
      seen: ({ deadLetters, recordKey }) =>
        deadLetters.every(({ key }) => key === recordKey) ? 'that of the record' : 'another',
    },
    {
      rule: 'R9',
      about: 'where a message says which record',
      here: 'recordInfo',
      otherwise: '"emulation": {"deadLetters": "per-group"} in millrace.json',
      seen: envelopes(({ KafkaBatchInfo: info }) =>
        ['recordInfo', 'recordsInfo'].filter((name) => name in info).join(' and '),
      ),
    },
    {
      rule: 'R9',
      about: 'condition of a message',
      here: 'RetriesExhausted',
      otherwise: '"emulation": {"deadLetters": "per-group"} in millrace.json',
      seen: envelopes(({ requestContext }) => requestContext.condition),
    },
    {
      rule: 'R9',
      about: 'functionError of a message after batch item failures',
      here: 'none',
      seen: envelopes(({ responseContext }) => responseContext?.functionError ?? 'none'),
    },
  ],
};

/** A batch fails because of one of its records. */
const failing = (name: string, how: 'throw' | 'exit'): Case => ({
  name,
  scripts: [OK, [how], OK, OK],
  isOver: (evidence) =>
    tellsOf(evidence.deadLetters, 1) && [0, 2, 3].every((n) => withoutPoison(evidence, n).length > 0),
  checks: [
    {
      rule: 'R5',
      about: 'neighbours of a record that fails its batch',
      here: 'handled without it',
      seen: (evidence) =>
        [0, 2, 3].every((n) => withoutPoison(evidence, n).length > 0) ? 'handled without it' : 'not handled',
    },
    {
      rule: 'R6',
      about: 'invocations with that record alone, MaximumRetryAttempts 2',
      here: '3',
      seen: (evidence) =>
        String(evidence.invocations.filter((invocation) => isAlone(numbersIn(invocation))).length),
    },
    {
      rule: 'R9',
      about: `functionError of a message after ${how === 'throw' ? 'an error' : 'an exit'}`,
      here: 'Unhandled',
      seen: envelopes(({ responseContext }) => responseContext?.functionError ?? 'none'),
    },
  ],
});

const throwing = failing('one of four records makes the function throw', 'throw');
const exiting = failing('one of four records makes the function’s process exit', 'exit');

const unreadable: Case = {
  name: 'an answer names something that is no record, once',
  scripts: [['malformed', 'ok'], OK],
  isOver: (evidence) => again(evidence).length === 2,
  checks: [
    {
      rule: 'F7',
      about: 'records of two that come again',
      here: '0, 1',
      untilTheEnd: true,
      seen: (evidence) =>
        evidence.invocations.length === 0 ? undefined : again(evidence).join(', ') || 'none',
    },
  ],
};

/** Which of two records were delivered more than once. */
const again = (evidence: Evidence) => [0, 1].filter((n) => withRecord(evidence, n).length > 1);

/** What is looked at, one after the other: two at once would be in each other's batches. */
export const CASES: readonly Case[] = [namedOnce, unreadable, throwing, exiting, namedAlways];

function isAlone(numbers: readonly number[]): boolean {
  return numbers.length === 1 && numbers[0] === 1;
}

function withoutPoison(evidence: Evidence, n: number) {
  return withRecord(evidence, n).filter((invocation) => !numbersIn(invocation).includes(1));
}

/** Whether a message holds a record, by the number in its value, however deep and in whatever form. */
function tellsOf(deadLetters: Evidence['deadLetters'], n: number): boolean {
  return deadLetters.some(({ value }) => valuesIn(value).some((text) => text.includes(`"n":${n},`)));
}

/** All that may be the base64 of a record's value in a message. */
function valuesIn(message: string): string[] {
  return [...message.matchAll(/"value\\?"\s*:\s*\\?"([A-Za-z0-9+/=]+)\\?"/g)].map(([, base64 = '']) =>
    Buffer.from(base64, 'base64').toString('utf8'),
  );
}

/** The records of an invocation, by their numbers. */
function numbersIn({ records }: Invocation): number[] {
  return records.map(({ n }) => n).sort((one, other) => one - other);
}

/** The invocations that had a record, in their order. */
function withRecord({ invocations }: Evidence, n: number): readonly Invocation[] {
  return invocations.filter((invocation) => numbersIn(invocation).includes(n));
}
