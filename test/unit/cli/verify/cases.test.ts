import { describe, expect, it } from 'vitest';
import type { DeadLetterMessage, Evidence } from '../../../../cli/verify/cases.ts';
import { CASES } from '../../../../cli/verify/cases.ts';
import type { Probes, Running } from '../../../../cli/verify/verify.ts';
import { type Finding, verify } from '../../../../cli/verify/verify.ts';
import { chapters } from '../../../conformance/chapters.ts';

const KEY = 'ord_key';
const ALL_FIELDS = ['bootstrapServers', 'eventSource', 'eventSourceArn', 'records'];

/** Deliveries of a case as lists of record numbers, each list one invocation. */
function invocationsOf(
  deliveries: readonly (readonly number[])[],
  fieldsAgain: readonly string[] = ALL_FIELDS,
) {
  const attempts = new Map<number, number>();
  return deliveries.map((numbers, at) => ({
    case: 'x',
    requestId: `r-${at}`,
    at: new Date(at * 100).toISOString(),
    fields: [...(at === 0 ? ALL_FIELDS : fieldsAgain)],
    records: numbers.map((n) => {
      attempts.set(n, (attempts.get(n) ?? 0) + 1);
      return { n, offset: n, attempt: attempts.get(n) ?? 1, bytes: [-61, -85] };
    }),
  }));
}

/** A message in the form that AWS documents, about some records. */
function message(
  numbers: readonly number[],
  more: { key?: string; info?: string; condition?: string; error?: string } = {},
) {
  const { key = KEY, info = 'recordInfo', condition = 'RetriesExhausted', error } = more;
  const records = numbers.map((n) => ({
    value: Buffer.from(JSON.stringify({ run: 'r', case: 'c', n, script: [] })).toString('base64'),
  }));
  const value = JSON.stringify({
    requestContext: { condition },
    responseContext: { statusCode: 200, ...(error && { functionError: error }) },
    KafkaBatchInfo: { [info]: {} },
    payload: { records: { 'orders-0': records } },
  });
  return { key, value };
}

interface World {
  readonly deliveries: Readonly<Record<string, readonly (readonly number[])[]>>;
  readonly messages?: Readonly<Record<string, readonly DeadLetterMessage[]>>;
  readonly fieldsAgain?: readonly string[];
}

const [NAMED_ONCE = '', UNREADABLE = '', THROWING = '', EXITING = '', NAMED_ALWAYS = ''] = CASES.map(
  ({ name }) => name,
);

/** A batch of four that fails because of record 1: halves, until that is alone and has been tried three times. */
const SPLIT = [[0, 1, 2, 3], [0, 1], [0], [1], [1], [1], [2, 3]];

/** What the emulator does. */
const asHere: World = {
  deliveries: {
    [NAMED_ONCE]: [[0, 1, 2, 3, 4], [2]],
    [UNREADABLE]: [[0, 1], [0], [1]],
    [THROWING]: SPLIT,
    [EXITING]: SPLIT,
    [NAMED_ALWAYS]: [
      [0, 1, 2, 3],
      [1, 2],
      [1, 2],
    ],
  },
  messages: {
    [THROWING]: [message([1], { error: 'Unhandled' })],
    [EXITING]: [message([1], { error: 'Unhandled' })],
    [NAMED_ALWAYS]: [message([1]), message([2])],
  },
};

async function findingsOf({ deliveries, messages = {}, fieldsAgain }: World): Promise<readonly Finding[]> {
  const probes: Probes = {
    begin: async (run, theCase): Promise<Running> => ({ run, theCase, recordKey: KEY, since: new Date(0) }),
    evidence: async ({ theCase: { name } }): Promise<Evidence> => ({
      invocations: invocationsOf(deliveries[name] ?? [], fieldsAgain),
      deadLetters: messages[name] ?? [],
      recordKey: KEY,
    }),
    letters: async () => [],
    close: () => undefined,
  };
  const { signal } = new AbortController();
  const { findings } = await verify({ probes, run: 'r', waitMs: 0, signal, progress: () => undefined });
  return findings;
}

const notSame = (findings: readonly Finding[]) =>
  findings
    .filter(({ verdict }) => verdict !== 'same')
    .map(({ rule, seen, verdict }) => [rule, seen, verdict]);

describe('what is verified', () => {
  it('is a rule of the emulator each', () => {
    const known = chapters.flatMap(({ rules }) => rules.map(({ id }) => id));
    for (const { rule } of CASES.flatMap(({ checks }) => checks)) expect(known).toContain(rule);
  });

  it('is the same where AWS does what the emulator does', async () => {
    const findings = await findingsOf(asHere);
    expect(notSame(findings)).toEqual([]);
    expect(findings.length).toBeGreaterThan(10);
  });

  /** The emulator's world, but for what is delivered of one case, or which messages are about it. */
  const delivering = (name: string, ...deliveries: readonly (readonly number[])[]): World => ({
    ...asHere,
    deliveries: { ...asHere.deliveries, [name]: deliveries },
  });
  const telling = (name: string, ...messages: readonly DeadLetterMessage[]): World => ({
    ...asHere,
    messages: { ...asHere.messages, [name]: messages },
  });
  const ALL = [0, 1, 2, 3];

  it.each<[string, World, ...(readonly string[])[]]>([
    [
      'everything behind a failure comes again',
      delivering(NAMED_ONCE, [...ALL, 4], [2, 3, 4]),
      ['R8', 'records 2, 3, 4', 'different'],
    ],
    ['the records came in two batches', delivering(NAMED_ONCE, [0, 1, 2], [2, 3, 4]), ['R8', '–', 'unclear']],
    ['only records come again', { ...asHere, fieldsAgain: ['records'] }, ['R11', 'records', 'different']],
    [
      'an answer that cannot be read is a success',
      delivering(UNREADABLE, [0, 1]),
      ['F7', 'none', 'different'],
    ],
    ['one retry more', delivering(NAMED_ALWAYS, ALL, [1, 2], [1, 2], [1, 2]), ['R1', '4', 'different']],
    [
      'a split uses up a retry',
      delivering(THROWING, ALL, [0, 1], [0], [1], [2, 3]),
      ['R6', '1', 'different'],
    ],
    [
      'nothing is split',
      delivering(THROWING, ALL, ALL),
      ['R5', '–', 'unclear'],
      ['R6', '–', 'unclear'],
      ['R9', '–', 'unclear'],
    ],
    [
      'one message for both, with a key of its own and the other spelling',
      telling(
        NAMED_ALWAYS,
        message([1, 2], { key: 'a-uuid', info: 'recordsInfo', condition: 'RetryAttemptsExhausted' }),
      ),
      ['R9', '1', 'different'],
      ['R9', 'another', 'different'],
      ['R9', 'recordsInfo', 'different'],
      ['R9', 'RetryAttemptsExhausted', 'different'],
    ],
    [
      'a message of another form',
      telling(THROWING, { key: KEY, value: `x ${message([1]).value}` }),
      ['R9', '–', 'unclear'],
    ],
  ])('is told apart: %s', async (_what, world, ...expected) => {
    expect(notSame(await findingsOf(world))).toEqual(expected);
  });
});
